import { resolve } from 'node:path';
import { release, type ReleaseRecord, type ReleaseWish } from '../src';
import { FakeCluster, type FakeVersion } from './fake-cluster';

const root = resolve(__dirname, '../../../..');

interface Told {
  readonly record: ReleaseRecord;
  readonly cluster: FakeCluster;
  readonly said: readonly string[];
}

/** Of the last release, also where that has failed. */
let last: { readonly cluster: FakeCluster; readonly said: readonly string[] } | undefined;

const NEVER_AWAY = { fromMs: Infinity, forMs: 0, forLooksAlone: false };

async function released(
  version: FakeVersion,
  wish: Partial<ReleaseWish> = {},
  { buyersPerSecond = 300, abortAfterMs = Infinity, away = NEVER_AWAY, recordable = true } = {},
): Promise<Told> {
  const cluster = new FakeCluster(version, buyersPerSecond);
  cluster.away = { ...away, fromMs: cluster.nowMs + away.fromMs };
  if (!recordable) cluster.series = () => Promise.reject(new Error('Prometheus has forgotten it'));
  const said: string[] = [];
  last = { cluster, said };
  const interrupt = new AbortController();
  const beganMs = cluster.nowMs;
  const sleep = async (ms: number) => {
    await cluster.sleep(ms);
    if (cluster.nowMs - beganMs > abortAfterMs) interrupt.abort();
  };
  const record = await release(
    { version: 'v2', strategy: 'canary', requestsPerSecond: 0, patienceMs: 300_000, ...wish },
    { root, cluster, print: (line) => said.push(line), signal: interrupt.signal, now: () => cluster.nowMs, sleep },
  );
  return { record, cluster, said };
}

test('a version that keeps the policy is promoted, step by step', async () => {
  const { record, cluster, said } = await released({});
  expect(record).toMatchObject({ verdict: 'promoted', before: 'v1' });
  expect(record.breach).toBeUndefined();
  expect(cluster.current).toBe('v2');
  expect(said.filter((line) => / of a hundred requests go to v2/.test(line)).map((line) => line.slice(7))).toEqual(
    [2, 10, 25, 50].map((weight) => `${weight} of a hundred requests go to v2`),
  );
  expect(cluster.done).toEqual(['prepare', 'want v2']);
});

test('each step waits for five hundred requests of its own', async () => {
  const { record } = await released({});
  const at = (what: RegExp) => record.events.find((event) => what.test(event.what))?.atMs ?? 0;
  const firstStepMs = at(/^10 of/) - at(/^2 of/);
  expect(firstStepMs).toBeGreaterThanOrEqual((500 / (300 * 0.02)) * 1_000); // six a second
  expect(firstStepMs).toBeLessThan(105_000);
});

test.each([
  ['v2-errors', 'error-excess', 500, 1],
  ['v2-late', 'late-excess', 500, 9],
  ['v2-cent', 'wrong-excess', 50, 2],
  ['v2-leak', 'memory-ratio', 200, 1.6],
])(
  '%s is taken back, with the reason, before one request in fifty has met it',
  async (version, metric, afterRequests, value) => {
    const { record, cluster } = await released({ breaks: { metric, afterRequests, value } }, { version });
    expect(record).toMatchObject({ verdict: 'rolled-back', breach: { metric, value } });
    expect(record.rollbackMs).toBeGreaterThan(0);
    expect(record.rollbackMs).toBeLessThanOrEqual(25_000);
    expect(record.exposure.ratio).toBeLessThanOrEqual(0.02);
    expect(record.exposure.canary).toBeGreaterThanOrEqual(afterRequests);
    expect(cluster.current).toBe('v1');
    expect(cluster.done).toContain(`want ${version} in a lab`);
  },
);

test('a version that does not come up is taken back and answers nothing', async () => {
  const { record } = await released({ starts: false }, { version: 'v2-crash' });
  expect(record).toMatchObject({
    verdict: 'rolled-back',
    breach: { metric: 'ready', limit: 60 },
    exposure: { canary: 0 },
  });
  expect(record.rollbackMs).toBeLessThanOrEqual(30_000);
});

test('a shop that is too quiet gives no verdict, and keeps its version', async () => {
  const { record, cluster } = await released({}, { patienceMs: 60_000 }, { buyersPerSecond: 10 });
  expect(record.verdict).toBe('inconclusive');
  expect(record.why).toMatch(/too few requests/);
  expect(cluster.current).toBe('v1');
});

test('interrupted, a release is taken back, and neither load nor an open gate is left', async () => {
  const { record, cluster } = await released({}, { requestsPerSecond: 100 }, { abortAfterMs: 60_000 });
  expect(record.verdict).toBe('interrupted');
  expect(cluster.gates).toEqual({ gate: false, rollback: false });
  expect(cluster.done.at(-1)).toBe('no load');
});

test('a quiet shop gets its sample from a load that rehearses the new version and is no buyer', async () => {
  const breaks = { metric: 'error-excess', afterRequests: 500, value: 1 };
  const wish = { version: 'v2-errors', requestsPerSecond: 100 };
  const { record, cluster } = await released({ breaks }, wish, { buyersPerSecond: 10 });
  expect(record.verdict).toBe('rolled-back');
  expect(record.tookMs).toBeLessThan(120_000);
  expect(record.exposure.ratio).toBeLessThanOrEqual(0.02);
  expect(record.exposure.canary).toBeLessThan(10);
  const [load, rehearsal] = ['load to http://pricing-primary:8080', 'rehearse'];
  expect(cluster.done).toEqual(['prepare', load, 'want v2-errors in a lab', rehearsal, 'no load']);
});

test.each(['ab', 'blue-green'] as const)(
  'a good version is promoted by %s, after five hundred answers',
  async (strategy) => {
    const { record, cluster } = await released({}, { strategy, requestsPerSecond: 100 });
    expect(record.verdict).toBe('promoted');
    expect(cluster.current).toBe('v2');
  },
);

test('with blue-green no buyer meets a version that fails its rehearsal', async () => {
  const breaks = { metric: 'error-excess', afterRequests: 500, value: 1 };
  const wish = { version: 'v2-errors', strategy: 'blue-green', requestsPerSecond: 100 } as const;
  const { record } = await released({ breaks }, wish);
  expect(record).toMatchObject({ verdict: 'rolled-back', exposure: { canary: 0 } });
  expect(record.rollbackMs).toBeLessThanOrEqual(25_000);
});

test('with blue-green a version that nobody rehearses is not promoted', async () => {
  const { record, cluster } = await released({}, { strategy: 'blue-green' });
  expect(record).toMatchObject({ verdict: 'inconclusive', exposure: { canary: 0 } });
  expect(cluster.current).toBe('v1');
});

test('a cluster that does not answer for a moment changes nothing', async () => {
  const { record } = await released({}, {}, { away: { fromMs: 60_000, forMs: 30_000, forLooksAlone: false } });
  expect(record.verdict).toBe('promoted');
});

test('a release that can be watched no longer is taken back, and not left half way', async () => {
  const away = { fromMs: 60_000, forMs: 90_000, forLooksAlone: true };
  await expect(released({}, {}, { away })).rejects.toThrow('the cluster is away');
  expect(last?.cluster.gates).toEqual({ gate: false, rollback: true });
});

test('where the cluster is gone, all is tried that ends a release, and what is told is why it was ended', async () => {
  const away = { fromMs: 60_000, forMs: Infinity, forLooksAlone: false };
  await expect(released({}, { requestsPerSecond: 100 }, { away })).rejects.toThrow('the cluster is away');
  expect(last?.cluster.unanswered.slice(-3)).toEqual(['shut gate', 'open rollback', 'no load']);
  expect(last?.said.at(-1)).toMatch(/something may be left: Error: no answer to: no load/);
});

test('a version that was promoted is not taken back because nothing could be told of it', async () => {
  const told = released({}, { requestsPerSecond: 100 }, { recordable: false });
  await expect(told).rejects.toThrow('Prometheus has forgotten it');
  expect(last?.cluster).toMatchObject({ current: 'v2', gates: { gate: false, rollback: false } });
  expect(last?.cluster.done.at(-1)).toBe('no load');
});

test.each([
  ['v3', 'there is no version v3'],
  ['v1', 'v1 answers already'],
])('%s cannot be released', async (version, why) => {
  await expect(released({}, { version })).rejects.toThrow(why);
});
