import { moreThanCapacity } from '@stampede/faults';
import {
  capacityInRange,
  claim,
  everyOrderEnded,
  failures,
  failedAttempts,
  goodput,
  refusalCost,
  retryAfterGiven,
} from '@stampede/prove';

const IN_TIME_MS = 1_000;
const LEVELS = [
  refusalCost({ atMost: 0.05 }),
  goodput({ multiple: 2, stage: [0, 3], atLeast: 0.9, withinMs: IN_TIME_MS }),
  goodput({ multiple: 4, stage: [1, 3], atLeast: 0.85, withinMs: IN_TIME_MS }),
  goodput({ multiple: 8, stage: [2, 3], atLeast: 0.8, withinMs: IN_TIME_MS }),
];
const orders = (atMost: number) => failures({ routes: ['place-order'], during: ['fault'], atMost });

export default claim({
  id: 'L5',
  promise:
    'At 2, 4 and 8 times what it can do the shop still does 90, 85 and 80 % of it, and takes 99.9 % of the orders.',
  tier: 'local',
  needs: ['cores'],
  shop: {
    env: {
      ...{ GATEWAY_BUYER_REQUESTS_PER_SECOND: '100000', GATEWAY_ADDRESS_REQUESTS_PER_SECOND: '1000000' },
      ...{ INVENTORY_HOLD_TTL_MS: '900000', ORDERS_DEADLINE_MS: '600000' }, // holds of before, orders for afterwards
    },
  },
  load: { scenario: 'overload', settings: { multiples: '2,4,8', calmShare: 0.3 } },
  steadyState: [capacityInRange(), failedAttempts({ atMost: 0.02 })],
  fault: moreThanCapacity('2, 4 and 8 times the capacity', { leastTimes: 3 }),
  holds: [...LEVELS, orders(0.001), retryAfterGiven(), everyOrderEnded()],
  control: { off: 'shed-load', bites: ['goodput', 'requests that failed'] },
  forms: {
    quick: {
      ...{ steadyMs: 5_000, faultMs: 15_000, recoveryMs: 8_000, repeat: 1 },
      holds: [...LEVELS, orders(0.01), retryAfterGiven(), everyOrderEnded()],
    },
    full: { steadyMs: 10_000, faultMs: 105_000, recoveryMs: 180_000, repeat: 1 }, // 3,000 orders, and to finish them
  },
});
