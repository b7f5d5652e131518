import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { keepRelease, releasePage, type Measured, type ReleaseRecord } from '../src';

const measured = (changes: Partial<Measured> = {}): Measured => ({
  ...{ requests: 1_000, errorRatio: 0, p99Ms: 12, residentBytes: 80 * 2 ** 20, wrongTotals: 0 },
  ...changes,
});
const none = measured({ requests: 0, errorRatio: null, p99Ms: null, residentBytes: null });
const compared = (canary: Measured) => ({ fromMs: 0, toMs: 60_000, primary: measured(), canary });
const RECORD: ReleaseRecord = {
  service: 'pricing',
  wish: { version: 'v2-errors', strategy: 'canary', requestsPerSecond: 200, patienceMs: 60_000 },
  before: 'v1',
  verdict: 'rolled-back',
  why: 'v2-errors: +1.00 % 5xx, and 0.25 % is the limit',
  startedAt: '2026-11-25T12:00:00.000Z',
  tookMs: 125_000,
  events: [{ atMs: 0, what: 'v2-errors is to take the place of <v1>' }],
  breach: { atMs: 90_000, metric: 'error-excess', value: 1, limit: 0.25 },
  rollbackMs: 17_400,
  exposure: { canary: 510, all: 30_000, ratio: 0.017 },
  limits: { 'error-excess': 0.25 },
  samples: Array.from({ length: 120 }, (_, second) => ({
    atMs: second * 1_000,
    canaryRequests: second * 5,
    primaryRequests: second * 245,
    metrics: { 'error-excess': second < 90 ? 0 : 1 },
  })),
  metrics: { before: compared(none), during: compared(measured({ errorRatio: 0.01 })), after: compared(none) },
};

test('a release is one page with its verdict, its reason and its figures', () => {
  const page = releasePage(RECORD);
  for (const words of ['ROLLED BACK', RECORD.why, '1.70 %', '17.4 s', 'before: v1', 'during: v2-errors', '1.00 %'])
    expect(page).toContain(words);
  expect(page).toContain('&lt;v1&gt;');
  expect(page).not.toMatch(/NaN|undefined|Infinity|<script/);
});

test('what was not measured is said to be so, and is no zero', () => {
  const unseen = { ...compared(none), primary: measured({ requests: null, wrongTotals: null }) };
  const page = releasePage({ ...RECORD, metrics: { before: unseen, during: unseen, after: unseen } });
  expect(page.match(/>not measured</g)).toHaveLength(2 * 3);
  const quiet = releasePage({ ...RECORD, exposure: { canary: 0, all: 0, ratio: 0 } });
  expect(quiet).toContain('no request of a buyer was counted');
});

test('the time from the breach to the last request is shaded in every chart', () => {
  const shaded = releasePage(RECORD).match(/class="fault" x="75%"/g);
  expect(shaded).toHaveLength(2);
  const kept = Object.fromEntries(Object.entries(RECORD).filter(([name]) => name !== 'breach'));
  expect(releasePage({ ...(kept as unknown as ReleaseRecord), verdict: 'promoted' })).not.toContain('class="fault"');
});

test('the page is kept with the record beside it', () => {
  const state = mkdtempSync(join(tmpdir(), 'stampede-release-'));
  const page = keepRelease(state, RECORD);
  expect(page).toContain('2026-11-25T12-00-00-v2-errors-canary');
  expect(JSON.parse(readFileSync(join(dirname(page), 'release.json'), 'utf8'))).toEqual(RECORD);
  rmSync(state, { recursive: true });
});
