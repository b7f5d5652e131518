import { defineSettings, integer, type ConfigOf } from '@stampede/service-kit';

/** The only reader of billing's environment. */
export const settings = defineSettings(
  'billing',
  {
    BILLING_KEEP_DAYS: integer({
      min: 8,
      max: 3_650,
      default: 14,
      why: 'days for which applied events are remembered: longer than orders keeps them, for the audit',
    }),
  },
  { database: true, bus: true },
);
export type BillingConfig = ConfigOf<typeof settings>;
