import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readPolicy } from '../src/policy';
import type { Strategy } from '../src/record';

const root = resolve(__dirname, '../../../..');
const SINCE_S = 60;
const policyOf = (strategy: Strategy = 'canary') => readPolicy(root, { version: 'v2-cent', strategy }, SINCE_S);

test.each([
  ['canary', [2, 10, 25, 50]],
  ['ab', [100]],
  ['blue-green', [100]],
] as const)('the file has a policy for %s, with the same limits for all', (strategy, weights) => {
  const policy = policyOf(strategy);
  expect(policy).toMatchObject({ strategy, weights, requestsAStep: 500, stepMs: 30_000, readyWithinMs: 60_000 });
  const limits = policy.checks.map(({ name, limit }) => [name, limit]);
  expect(limits).toEqual(policyOf().checks.map(({ name, limit }) => [name, limit]));
});

test('what is applied and what is asked is made out for this release', () => {
  const { manifest, checks } = policyOf();
  expect(JSON.parse(manifest).items).toHaveLength(checks.length + 1);
  const { analysis } = JSON.parse(manifest).items.at(-1).spec;
  for (const { templateVariables } of analysis.metrics)
    expect(templateVariables).toMatchObject({ version: 'v2-cent', since: '60' });
  for (const { query } of checks) expect(query).not.toMatch(/\{\{/);
});

test('a breach is over within half a minute: a scrape, and two looks of Flagger', () => {
  const { analysis } = JSON.parse(policyOf().manifest).items.at(-1).spec;
  const looks = 1 + analysis.threshold;
  expect(5 + looks * Number.parseInt(analysis.interval, 10)).toBeLessThan(30);
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const CANARY = 'reporter="source",destination_service_name="pricing-canary"';
const PRIMARY = 'reporter="source",destination_service_name="pricing-primary"';

/** Counters at `before` when the release begins, at `after` three minutes later; `_`: they are not there. */
type Counters = Readonly<Record<string, readonly [before: number | '_', after: number | '_']>>;

(hasPromtool ? describe : describe.skip)('a metric of the policy (needs promtool on the PATH)', () => {
  /** Asks Prometheus' own engine; null where it has no answer. */
  function valueOf(metric: string, counters: Counters): number | null {
    const folder = mkdtempSync(join(tmpdir(), 'stampede-policy-'));
    const expr = policyOf().checks.find(({ name }) => name === metric)?.query;
    const input_series = Object.entries(counters).map(([series, [before, after]]) => ({
      series,
      values: `${before === '_' ? '_ _' : `${before}x1`} ${after === '_' ? 'stale' : `${after}x5`}`,
    }));
    const asked = { expr, eval_time: '4m', exp_samples: [{ labels: '{}', value: -1 }] };
    writeFileSync(
      join(folder, 'test.yaml'),
      JSON.stringify({ tests: [{ interval: '1m', input_series, promql_expr_test: [asked] }] }),
    );
    try {
      execFileSync('promtool', ['test', 'rules', 'test.yaml'], { cwd: folder, stdio: 'pipe' });
      return -1;
    } catch (error) {
      const said = String((error as { stdout: Buffer }).stdout) + String((error as { stderr: Buffer }).stderr);
      const value = /got:\[?\s*(?:Labels: )?\{\} ?(?:Value: )?([-\d.eE+]+)/s.exec(said)?.[1];
      if (value === undefined && !/got:\s*nil|got:\[\]/.test(said)) throw new Error(said, { cause: error });
      return value === undefined ? null : Number(value);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  const requests = (of: string, code: number) => `istio_requests_total{${of},response_code="${code}"}`;
  const quick = (of: string, le = '250.0') => `istio_request_duration_milliseconds_bucket{${of},le="${le}"}`;
  const totals = (kind: string, version: string) => `stampede_${kind}_totals_total{pricing_version="${version}"}`;

  test('counts one failure in a hundred among five hundred', () => {
    const counters = { [requests(CANARY, 200)]: [0, 495], [requests(CANARY, 500)]: [0, 5] } as const;
    expect(valueOf('error-excess', { ...counters, [requests(PRIMARY, 200)]: [0, 25_000] })).toBe(1);
  });

  test('says nothing below five hundred requests', () => {
    const counters = { [requests(CANARY, 200)]: [0, 400], [requests(CANARY, 500)]: [0, 99] } as const;
    expect(valueOf('error-excess', { ...counters, [requests(PRIMARY, 200)]: [0, 25_000] })).toBe(0);
  });

  test('forgives what the old version does as well', () => {
    const both = (of: string) => ({ [requests(of, 200)]: [0, 970], [requests(of, 503)]: [0, 30] }) as const;
    expect(valueOf('error-excess', { ...both(CANARY), ...both(PRIMARY) })).toBe(0);
  });

  test('forgets what was before the release', () => {
    const counters = { [requests(CANARY, 200)]: [100, 600], [requests(CANARY, 500)]: [90, 90] } as const;
    expect(valueOf('error-excess', { ...counters, [requests(PRIMARY, 200)]: [0, 25_000] })).toBe(0);
  });

  test('takes nothing off for a caller that was there when the release began, and has gone', () => {
    const gone: Counters = {
      [requests(`${CANARY},pod="gone"`, 200)]: [500, '_'],
      [quick(`${CANARY},pod="gone"`)]: [500, '_'],
    };
    const here: Counters = {
      [requests(`${CANARY},pod="here"`, 200)]: ['_', 1_000],
      [quick(`${CANARY},pod="here"`)]: ['_', 600],
    };
    const old: Counters = { [requests(PRIMARY, 200)]: [0, 1_000], [quick(PRIMARY)]: [0, 600] };
    expect(valueOf('late-excess', { ...gone, ...here, ...old })).toBe(0);
  });

  test('is silent with no request at all, and does not fail for want of a value', () => {
    expect(valueOf('error-excess', {})).toBe(0);
    expect(valueOf('late-excess', {})).toBe(0);
    expect(valueOf('wrong-excess', {})).toBe(0);
    expect(valueOf('memory-ratio', {})).toBe(1);
  });

  test.each(['250', '250.0'])('counts answers that come too late, by the bucket %s', (le) => {
    const counters = {
      [requests(CANARY, 200)]: [0, 1_000],
      [quick(CANARY, le)]: [0, 890],
      [requests(PRIMARY, 200)]: [0, 1_000],
      [quick(PRIMARY, le)]: [0, 990],
    } as const;
    expect(valueOf('late-excess', counters)).toBeCloseTo(10);
  });

  test('counts wrong totals from the first one on, against those of the other versions', () => {
    const checked = { [totals('checked', 'v2-cent')]: [0, 50], [totals('checked', 'v1')]: [900, 1_000] } as const;
    expect(
      valueOf('wrong-excess', { ...checked, [totals('wrong', 'v2-cent')]: [0, 1], [totals('wrong', 'v1')]: [7, 7] }),
    ).toBe(2);
    expect(
      valueOf('wrong-excess', { ...checked, [totals('wrong', 'v2-cent')]: [0, 1], [totals('wrong', 'v1')]: [7, 9] }),
    ).toBe(0);
  });

  test('compares the memory of the largest replicas, and tells old from new by their names', () => {
    const memory = (pod: string) => `process_resident_memory_bytes{namespace="stampede",pod="${pod}"}`;
    const counters = {
      [memory('pricing-5bdf8b86c7-ddpt2')]: [70, 180],
      [memory('pricing-primary-74ccc84cb6-d2x2x')]: [90, 90],
      [memory('pricing-primary-74ccc84cb6-aaaaa')]: [80, 80],
    } as const;
    expect(valueOf('memory-ratio', counters)).toBe(2);
  });
});
