import type { Policy, PolicyOptions } from '@stampede/resilience';
import { guardOf } from './peer-guard';

const down = Object.assign(new Error('down'), { status: 503 });
const never = (): Promise<never> => new Promise(() => undefined);
const off = (id: string) => ({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: id });
const TWO = ['http://a', 'http://b'];

function guard(name: string, env: Record<string, string>, more: Partial<PolicyOptions> = {}): Policy<string> {
  const parts = { bulkhead: { maxInFlight: 2 }, breaker: {}, retry: { baseMs: 0 }, timeoutMs: 20, random: () => 0 };
  return guardOf({ name, ...parts, balancer: { addresses: TWO }, ...more }, env);
}

/** Calls that reach a peer which is down, for a hundred that are made. */
async function callsPerHundred(env: Record<string, string>, breaker = { volumeThreshold: 1_000 }): Promise<number> {
  let calls = 0;
  const peer = guard('peer', env, { bulkhead: { maxInFlight: 100 }, breaker });
  const call = () => peer.run({ method: 'GET' }, () => Promise.reject(++calls && down)).catch(() => undefined);
  for (let made = 0; made < 100; made++) await call();
  return calls;
}

test('a peer that is down gets a fifth more calls; without the retry budget, three times as many', async () => {
  expect(await callsPerHundred({})).toBeLessThan(130);
  expect(await callsPerHundred(off('retry-budget'))).toBe(300);
});

test('a peer that is down is left alone by its circuit; without brakes each call reaches it three times', async () => {
  expect(await callsPerHundred({}, { volumeThreshold: 10 })).toBeLessThan(30);
  expect(await callsPerHundred(off('storm-brakes'), { volumeThreshold: 10 })).toBe(300);
});

test('calls of a peer that hangs find no place after a while; without brakes there is always one more', async () => {
  const sent = (env: Record<string, string>): number => {
    let calls = 0;
    const hanging = guard('hanging', env, { bulkhead: { maxInFlight: 5, maxQueue: 5 } });
    for (let call = 0; call < 40; call++)
      void hanging.run({ method: 'POST' }, () => (calls++, never())).catch(() => undefined);
    return calls;
  };
  expect(sent({})).toBe(5);
  expect(sent(off('storm-brakes'))).toBe(40);
});

test('a peer that hangs leaves room for calls to others; without bulkheads of their own there is none', async () => {
  const pages = async (env: Record<string, string>) => {
    const [hanging, well] = [guard('hanging', env, { timeoutMs: 500 }), guard('well', env)];
    for (let call = 0; call < 40; call++) void hanging.run({ method: 'GET' }, never).catch(() => undefined);
    const late = new Promise((resolve) => setTimeout(resolve, 50, 'waits'));
    return Promise.race([well.run({ method: 'GET' }, async () => 'served'), late]);
  };
  expect(await pages({})).toBe('served');
  expect(await pages(off('bulkhead-per-peer'))).toBe('waits');
});

test('a replica that hangs is given up for the other; without that, each takes its turn and all the time', async () => {
  const reads = async (env: Record<string, string>) => {
    const peer = guard('peer', env);
    const late = new Promise((resolve) => setTimeout(resolve, 200, 'late'));
    const read = () =>
      peer.run({ method: 'GET' }, (_signal, _number, at) => (at === 'http://a' ? never() : answer(at)));
    return Promise.all([read(), read()].map((answered) => Promise.race([answered, late])));
  };
  const answer = async (address: string) => address;
  expect(await reads({})).toEqual(['http://b', 'http://b']);
  expect(await reads(off('avoid-sick-replica'))).toEqual(['late', 'http://b']);
});
