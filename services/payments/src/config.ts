import { decimal, defineSettings, integer, url, type ConfigOf } from '@stampede/service-kit';

/** The only reader of payments' environment. */
export const settings = defineSettings(
  'payments',
  {
    PROVIDER_URL: url({ why: 'the payment provider, a company outside' }),
    PAYMENTS_PROVIDER_TIMEOUT_MS: integer({
      min: 50,
      max: 30_000,
      default: 1_500,
      why: 'one call of the provider; after it the outcome is unknown',
    }),
    PAYMENTS_MOST_IN_FLIGHT: integer({
      min: 1,
      max: 1_000,
      default: 32,
      why: 'bulkhead: calls of the provider at a time',
    }),
    PAYMENTS_MOST_QUEUED: integer({ min: 0, max: 10_000, default: 64, why: 'bulkhead: calls that wait for a place' }),
    PAYMENTS_BREAKER_FAILURE_RATIO: decimal({
      min: 0.05,
      max: 1,
      default: 0.5,
      why: 'share of failed calls that opens the circuit',
    }),
    PAYMENTS_BREAKER_VOLUME: integer({
      min: 1,
      max: 1_000,
      default: 10,
      why: 'calls in 10 s below which the circuit stays closed',
    }),
    PAYMENTS_BREAKER_OPEN_MS: integer({
      min: 100,
      max: 60_000,
      default: 3_000,
      why: 'rest before one call may try the provider again',
    }),
  },
  { database: true },
);
export type PaymentsConfig = ConfigOf<typeof settings>;
