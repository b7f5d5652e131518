import { seededRandom } from '@stampede/crowd';
import type { CheckResult, Journal, K6Summary, RunEvent, RunRecord, RunSeries } from '../src';

const STEADY_MS = 8_000;
const FAULT_MS = 20_000;
const RECOVERY_MS = 12_000;

/** A proof as a real one looks: the provider loses answers; without the mitigation some cards are charged twice. */
export function journalOf(changes: Partial<Journal> = {}): Journal {
  return {
    id: 'L2',
    promise: 'No card is charged twice when the provider loses one answer in five.',
    tier: 'local',
    form: 'full',
    verdict: 'PASS',
    why: 'it holds; without ask-provider-by-key: orders charged more than once: 38 of 391 orders, none',
    seed: 7,
    startedAt: '2026-06-11T18:02:11.120Z',
    tookMs: 131_400,
    definition: 'a3f1',
    commit: '0a565afc2b1d',
    command: 'npx stampede prove L2 --full --seed 7',
    versions: { node: '24.21.0', k6: '2.2.0', postgres: '18.4' },
    machine: { cpu: 'AMD EPYC 7B13', cores: 2, memoryGiB: 8, os: 'Linux 6.12.0' },
    runs: [runOf('experiment'), runOf('control')],
    ...changes,
  };
}

export interface RunShape {
  readonly seed?: number;
  readonly faultMs?: number;
  readonly eventEveryMs?: number;
}

export function runOf(
  role: RunRecord['role'],
  { seed = 7, faultMs = FAULT_MS, eventEveryMs }: RunShape = {},
): RunRecord {
  const isControl = role === 'control';
  const random = seededRandom(isControl ? seed + 1_000 : seed);
  const faultToMs = STEADY_MS + faultMs;
  const endMs = faultToMs + RECOVERY_MS;
  return {
    role,
    ...(isControl ? { off: 'ask-provider-by-key' } : {}),
    seed,
    outcome: isControl ? 'broken' : 'holds',
    why: isControl ? 'orders charged more than once: 38 of 391 orders, none' : 'all 6 checks hold',
    phases: [
      { name: 'steady', fromMs: 0, toMs: STEADY_MS },
      { name: 'fault', fromMs: STEADY_MS, toMs: faultToMs },
      { name: 'recovery', fromMs: faultToMs, toMs: endMs },
    ],
    fault: {
      name: 'the provider loses one answer in five',
      seen: { metric: 'provider_replies_dropped_total', value: isControl ? 71 : 83, least: 1 },
    },
    steadyState: STEADY,
    checks: checksOf(isControl),
    series: seriesOf(random, { isControl, faultToMs, endMs }),
    events: eventsOf(random, { isControl, faultToMs, eventEveryMs: eventEveryMs ?? 1_900 }),
    summary: summaryOf(isControl),
  };
}

const STEADY: readonly CheckResult[] = [
  {
    name: 'requests that failed',
    holds: true,
    measured: '0 of 412',
    limit: 'at most 0.5 %',
    samples: { seen: 412, needed: 300 },
  },
  {
    name: 'latency of place-order',
    holds: true,
    measured: 'p99 88 ms',
    limit: 'p99 at most 400 ms',
    samples: { seen: 96, needed: 50 },
  },
];

function checksOf(isControl: boolean): readonly CheckResult[] {
  const orders = isControl ? 391 : 402;
  const samples = { seen: orders, needed: 1 };
  return [
    {
      name: 'orders charged more than once',
      holds: !isControl,
      measured: `${isControl ? 38 : 0} of ${orders} orders`,
      limit: 'none',
      samples,
    },
    {
      name: 'money at the provider against confirmed orders',
      holds: !isControl,
      measured: `${isControl ? 731_500 : 0} minor units of 8612400`,
      limit: 'no difference',
      samples,
    },
    {
      name: 'acknowledged orders that are lost or still pending',
      holds: true,
      measured: `0 of ${orders} orders`,
      limit: 'none',
      samples,
    },
    { name: 'recovery', holds: true, measured: isControl ? '2.4 s' : '3.2 s', limit: 'at most 12 s' },
    {
      name: 'k6: http_req_duration{route:place-order,phase:fault}',
      holds: true,
      measured: isControl ? '243.4' : '301.2',
      limit: 'p(99)<1000',
    },
    { name: 'k6: http_req_failed{route:place-order}', holds: true, measured: '0', limit: 'rate<0.001' },
  ];
}

interface Course {
  readonly isControl: boolean;
  readonly faultToMs: number;
  readonly endMs: number;
}

function seriesOf(random: () => number, { isControl, faultToMs, endMs }: Course): RunSeries {
  const seconds = Array.from({ length: endMs / 1_000 }, (_, index) => index * 1_000);
  const hurt = (atMs: number) => (atMs >= STEADY_MS && atMs < faultToMs + 2_000 ? 1 : 0);
  const around = (value: number, spread = 0.25) => Math.round(value * (1 + spread * (random() - 0.5)) * 10) / 10;
  const count = (value: number) => Math.round(around(value, 0.4));
  let retries = 0;
  return {
    stepMs: 1_000,
    latencyMs: {
      p50: seconds.map((at) => around(9 + 6 * hurt(at))),
      p95: seconds.map((at) => around(34 + hurt(at) * (isControl ? 160 : 90))),
      p99: seconds.map((at) => (at === 9_000 && isControl ? null : around(71 + hurt(at) * (isControl ? 5_200 : 240)))),
    },
    statuses: {
      '0': seconds.map((at) => hurt(at) * count(isControl ? 4 : 0)),
      '200': seconds.map(() => count(34)),
      '201': seconds.map(() => count(9)),
      '202': seconds.map(() => count(8)),
      '409': seconds.map(() => count(1)),
      '429': seconds.map((at) => hurt(at) * count(2)),
      '503': seconds.map((at) => hurt(at) * count(isControl ? 7 : 3)),
    },
    metrics: {
      'open sagas': seconds.map((at) => count(3 + 14 * hurt(at))),
      'open breakers': seconds.map((at) => (at > STEADY_MS + 4_000 && at < faultToMs - 3_000 ? 1 : 0)),
      'requests shed': seconds.map(() => 0),
      retries: seconds.map((at) => (retries += hurt(at) * count(isControl ? 9 : 4))),
      'unpublished events': seconds.map((at) => (at === 11_000 ? null : count(2 + 3 * hurt(at)))),
    },
  };
}

function eventsOf(
  random: () => number,
  { isControl, faultToMs, eventEveryMs }: Omit<Course, 'endMs'> & { eventEveryMs: number },
): readonly RunEvent[] {
  const kills = Array.from({ length: Math.floor((faultToMs - STEADY_MS) / eventEveryMs) }, (_, index) => ({
    atMs: Math.round(STEADY_MS + (index + random()) * eventEveryMs),
    kind: 'answer dropped',
    detail: { key: `order-${index}` },
  }));
  return [
    { atMs: STEADY_MS, kind: 'fault on', detail: { fault: 'the provider loses one answer in five' } },
    ...kills,
    { atMs: STEADY_MS + 4_200, kind: 'breaker opened', detail: { service: 'payments', breaker: 'provider' } },
    { atMs: faultToMs - 2_800, kind: 'breaker closed', detail: { service: 'payments', breaker: 'provider' } },
    { atMs: faultToMs, kind: 'fault off' },
    { atMs: faultToMs + (isControl ? 2_400 : 3_200), kind: 'recovered', detail: { tookMs: isControl ? 2_400 : 3_200 } },
  ];
}

function summaryOf(isControl: boolean): K6Summary {
  return {
    metrics: {
      http_reqs: { values: { count: isControl ? 2_371 : 2_244, rate: 54 } },
      iterations: { values: { count: isControl ? 391 : 402, rate: 10 } },
      'http_req_duration{route:place-order,phase:fault}': {
        values: { avg: 61.2, min: 4.1, med: 40.2, max: 612, 'p(95)': 180.2, 'p(99)': isControl ? 243.4 : 301.2 },
        thresholds: { 'p(99)<1000': { ok: true } },
      },
    },
  };
}
