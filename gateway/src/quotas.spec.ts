import { RateLimited } from './errors';
import { Quotas } from './quotas';

let nowMs: number;
let counters: Map<string, number>;
const opened: Quotas[] = [];

beforeEach(() => {
  nowMs = 1_000_000;
  counters = new Map();
});
afterEach(() => opened.splice(0).forEach((quotas) => quotas.close()));

function replica(away = false): Quotas {
  const kv = {
    addAll: async (increments: readonly { key: string; by: number }[]) => {
      if (away) throw new Error('the store is away');
      return increments.map(({ key, by }) => {
        counters.set(key, (counters.get(key) ?? 0) + by);
        return counters.get(key) ?? 0;
      });
    },
  };
  const quotas = new Quotas({ kv, now: () => nowMs });
  opened.push(quotas);
  return quotas;
}

function takeAll(quotas: Quotas, tries: number, who = 'ann'): number {
  let taken = 0;
  for (let count = 0; count < tries; count += 1) {
    try {
      quotas.take('buyer', who, 50);
      taken += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(RateLimited);
    }
  }
  return taken;
}

test('a buyer has 50 requests in a second, another buyer 50 of its own, and both have 50 again in the next', () => {
  const quotas = replica();
  expect(takeAll(quotas, 80)).toBe(50);
  expect(takeAll(quotas, 80, 'ben')).toBe(50);
  nowMs += 1_000;
  expect(takeAll(quotas, 80)).toBe(50);
});

test('replicas that have told each other share one quota', async () => {
  const [one, two] = [replica(), replica()];
  expect(takeAll(one, 30)).toBe(30);
  expect(takeAll(two, 5)).toBe(5);
  await one.share();
  await two.share();
  expect(takeAll(two, 80)).toBe(15);
});

test('with the store away each replica keeps the quota by itself', async () => {
  const quotas = replica(true);
  expect(takeAll(quotas, 30)).toBe(30);
  await quotas.share();
  expect(takeAll(quotas, 80)).toBe(20);
});

test('a refusal says what the quota is and when it is whole again', () => {
  const quotas = replica();
  nowMs += 400;
  takeAll(quotas, 50);
  const refusal = (() => {
    try {
      return quotas.take('buyer', 'ann', 50);
    } catch (error) {
      return error;
    }
  })();
  expect(refusal).toMatchObject({
    retryAfterMs: 600,
    headers: { ratelimit: '"buyer";r=0;t=1', 'ratelimit-policy': '"buyer";q=50;w=1' },
  });
});
