import { defineSettings, integer, type ConfigOf } from '@stampede/service-kit';

/** The only reader of orders' environment. */
export const settings = defineSettings(
  'orders',
  {
    ORDERS_DEADLINE_MS: integer({
      min: 1_000,
      max: 600_000,
      default: 120_000,
      why: 'contract: how long a saga may go forward',
    }),
    ORDERS_SAGA_CONCURRENCY: integer({
      min: 1,
      max: 512,
      default: 32,
      why: 'orders worked on at a time by one replica',
    }),
    ORDERS_SAGA_LEASE_MS: integer({
      min: 500,
      max: 60_000,
      default: 3_000,
      why: 'how long an order waits whose worker died',
    }),
    ORDERS_WATCH_POLL_MS: integer({
      min: 10,
      max: 5_000,
      default: 200,
      why: 'how late a stream tells of a change by another replica',
    }),
  },
  { database: true, bus: true, peers: ['inventory', 'payments'] },
);
export type OrdersConfig = ConfigOf<typeof settings>;
