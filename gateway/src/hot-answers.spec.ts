import type { Kv } from '@stampede/kv';
import type { GatewayConfig } from './config';
import { keepHot } from './hot-answers';

const HEAT = { ttlMs: 60_000, staleMs: 0, most: 10 };
const off = { STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: 'answers-in-memory' };
let kept: Map<string, string>;
let redisAway: boolean;
let loads: number;
const redis = {
  get: async (key: string) => (redisAway ? Promise.reject(new Error('away')) : (kept.get(key) ?? null)),
  set: async (key: string, value: string) => {
    if (redisAway) throw new Error('away');
    kept.set(key, value);
  },
} as unknown as Kv;
beforeEach(() => {
  kept = new Map();
  redisAway = false;
  loads = 0;
});

/** How often ten buyers make it ask the peer. */
async function loadsOfTen(env: Record<string, string>): Promise<number> {
  const answers = keepHot(redis, { env } as unknown as GatewayConfig)<{ n: number }>('event', HEAT);
  const before = loads;
  for (let buyer = 0; buyer < 10; buyer++) {
    expect(await answers.get('final', async () => ({ n: ++loads }))).toHaveProperty('n');
  }
  return loads - before;
}

test('with Redis gone a hot answer is still loaded once for all', async () => {
  redisAway = true;
  expect(await loadsOfTen({})).toBe(1);
});

test('a cache beside Redis spares the peers; it asks them every time when Redis is gone', async () => {
  expect(await loadsOfTen(off)).toBe(1);
  redisAway = true;
  expect(await loadsOfTen(off)).toBe(10);
});
