import { defineSettings, integer, type ConfigOf } from '@stampede/service-kit';

/** The only reader of inventory's environment. */
export const settings = defineSettings(
  'inventory',
  {
    INVENTORY_HOLD_TTL_MS: integer({
      min: 1_000,
      max: 900_000,
      default: 120_000,
      why: 'two minutes to type a card number',
    }),
    INVENTORY_CLAIM_TTL_MS: integer({
      min: 1_000,
      max: 900_000,
      default: 180_000,
      why: 'longer than the deadline of an order (120 s)',
    }),
    INVENTORY_EXPIRY_POLL_MS: integer({ min: 10, max: 10_000, default: 250, why: 'how late a hold may expire' }),
    INVENTORY_MAX_SEATS_PER_BUYER: integer({ min: 1, max: 4, default: 4, why: 'contract: purchase_limit' }),
  },
  { database: true },
);
export type InventoryConfig = ConfigOf<typeof settings>;
