import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Journal } from '../src';
import { bytesOf, claimsPage, definitionOf, fitted, keepEvidence, readEvidence, type NamedFile } from '../src/report';
import { journalOf, runOf } from './journal-fixture';

const EXAMPLES = join(__dirname, 'examples');
const CLAIM = 'load-tests/claims/L2-one-charge.claim.ts';
const named = (files: readonly NamedFile[], name: string) => files.find((file) => file.name === name)?.text ?? '';
const CLAIMS_PAGE = '../../index.html';
const page = (journal: Journal) => named(fitted(journal, CLAIMS_PAGE), 'index.html');

/** The committed example is what comes out now; with UPDATE_EXAMPLES it is written anew. */
function expectExample(name: string, text: string): void {
  const path = join(EXAMPLES, name);
  if (process.env['UPDATE_EXAMPLES'] !== undefined) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

describe('the page of a proof', () => {
  test.each([
    ['pass.html', journalOf()],
    [
      'fail.html',
      journalOf({
        verdict: 'FAIL',
        why: 'orders charged more than once: 1 of 402 orders, none',
        runs: [{ ...runOf('experiment'), outcome: 'broken', why: 'orders charged more than once: 1 of 402, none' }],
      }),
    ],
    ['unavailable.html', journalOf({ verdict: 'UNAVAILABLE', why: 'Kafka is needed: install it', runs: [] })],
  ])('is the same as the example %s', (name, journal) => {
    expectExample(name, page(journal));
  });

  test('needs no script and no network', () => {
    const text = page(journalOf());
    expect(text).not.toMatch(/<script|https?:\/\/|@import|src=/);
    const links = [...text.matchAll(/href="([^"]+)"/g)].map((match) => match[1]);
    const files = fitted(journalOf()).map(({ name }) => name);
    expect(links.filter((link) => link !== CLAIMS_PAGE).every((link) => files.includes(link ?? ''))).toBe(true);
  });

  test('has a title and a description for each chart, each under a name of its own', () => {
    const text = page(journalOf());
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const charts = [...text.matchAll(/aria-labelledby="(\S+-t) (\S+-d)"/g)];
    expect(charts.length).toBe(14); // seven for the experiment, seven for the control
    for (const [, title, description] of charts) expect(ids).toEqual(expect.arrayContaining([title, description]));
  });

  test('says a promise as a claim after a full PASS alone', () => {
    expect(page(journalOf())).toContain('L2 is claimed<');
    expect(page(journalOf({ form: 'quick' }))).toContain('is claimed after a full one<');
    expect(page(journalOf({ verdict: 'NO-FAULT' }))).toContain('was promised, and is not claimed<');
    const short = { ...journalOf(), neededExperiments: 20 };
    expect(page(short)).toContain('L2 held in 1 of the 20 experiments that it needs, and is not claimed<');
  });

  test('has one row for the fault, also where the control is asked for another count', () => {
    const control = runOf('control');
    const seen = { ...control.fault.seen, least: 3 };
    const text = page(journalOf({ runs: [runOf('experiment'), { ...control, fault: { ...control.fault, seen } }] }));
    expect(text.match(/<th scope="row">the provider loses one answer in five: /g)).toHaveLength(1);
    expect(text).toContain('at least 1 (control: 3)<');
    expect(text).not.toContain('not measured');
  });

  test('says of a limit of none that it is the limit', () => {
    expect(page(journalOf())).toContain('38 of 391 orders (allowed: none).');
    expect(page(journalOf())).not.toContain(', none');
  });

  test('shows experiment and control on the same scales, whichever is the worse', () => {
    const text = page(journalOf());
    const yTicks = (id: string) =>
      [...(text.split(`id="${id}-d"`)[1]?.split('viewBox')[0] ?? '').matchAll(/class="y"[^>]*>\s*([\d,.]+)/g)].map(
        (match) => match[1],
      );
    for (const chart of ['latency', 'status', 'metric-2']) {
      expect(yTicks(`${chart}-experiment`).length).toBeGreaterThan(1);
      expect(yTicks(`${chart}-control`)).toEqual(yTicks(`${chart}-experiment`));
    }
  });

  test('of several experiments draws the one that did not hold', () => {
    const broken = { ...runOf('experiment', { seed: 8 }), outcome: 'broken' as const, why: 'one was charged twice' };
    const text = page(journalOf({ verdict: 'FAIL', runs: [runOf('experiment'), broken, runOf('control')] }));
    expect(text).toContain('Experiment <em>broken</em>');
  });

  test('says by how much the control fails, what could not be read, and how it went before', () => {
    const unread = { name: 'acknowledged orders', measured: '1 could not be read', limit: 'none' };
    const experiment = { ...runOf('experiment'), checks: [{ ...unread, holds: false, unknown: true as const }] };
    const control = { ...runOf('control'), bite: { by: '1', thin: true } };
    const before = [{ verdict: 'FAIL' as const, why: 'one failed' }];
    const text = page(journalOf({ before, runs: [experiment, control] }));
    expect(text).toContain('It bites by 1: so little that it may hold another time.');
    expect(text).toContain('aria-label="could not be read">?</b>');
    expect(text).toContain('Tried before: FAIL, one failed.');
  });

  test('takes what a shop says as text', () => {
    expect(page(journalOf({ why: '<script>alert("&")</script>' }))).toContain(
      '&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;',
    );
  });
});

describe('evidence that is kept', () => {
  const long = { faultMs: 300_000, eventEveryMs: 500 };
  const tenTimes = journalOf({
    runs: [...Array.from({ length: 10 }, (_, seed) => runOf('experiment', { ...long, seed })), runOf('control', long)],
  });

  test('is whole where it is small', () => {
    const files = fitted(journalOf());
    expect(files.map(({ name }) => name)).toEqual([
      'index.html',
      'journal.json',
      'experiment-1.series.csv',
      'experiment-1.events.ndjson',
      'experiment-1.summary.json',
      'control.series.csv',
      'control.events.ndjson',
      'control.summary.json',
    ]);
    expect(JSON.parse(named(files, 'journal.json'))).not.toHaveProperty('thinned');
    expect(named(files, 'experiment-1.series.csv').split('\n')[0]).toBe(
      'from_s,p50_ms,p95_ms,p99_ms,calls_per_second_0,calls_per_second_200,calls_per_second_201,' +
        'calls_per_second_202,calls_per_second_409,calls_per_second_429,calls_per_second_503,' +
        'open sagas,open breakers,requests shed,retries,unpublished events',
    );
  });

  test('is thinned out to 100 kB a form, never silently', () => {
    const files = fitted(tenTimes);
    expect(bytesOf(files)).toBeLessThanOrEqual(100_000);
    const { thinned, runs } = JSON.parse(named(files, 'journal.json')) as Journal;
    expect(thinned).toEqual([
      expect.stringMatching(/^series have a column for every \d+ of them$/),
      expect.stringMatching(/^of each kind of event the first \d+ are kept$/),
      'runs that are not drawn keep their checks, without series, events and summary',
    ]);
    for (const line of thinned ?? []) expect(named(files, 'index.html')).toContain(line);
    expect(runs.map(({ checks }) => checks.length)).toEqual(Array.from({ length: 11 }, () => 6));
  });

  test('keeps the worst second of a percentile, the mean of calls a second, and every fault', () => {
    const spike = runOf('experiment', long);
    const p99 = spike.series.latencyMs.p99.map((value, index) => (index === 101 ? 9_999 : value));
    const run = { ...spike, series: { ...spike.series, latencyMs: { ...spike.series.latencyMs, p99 } } };
    const files = fitted({ ...tenTimes, runs: [run, ...tenTimes.runs] });
    expect(named(files, 'experiment-1.series.csv')).toContain('9999');
    expect(named(files, 'experiment-1.events.ndjson')).toContain('"fault off"');
  });

  test('is refused when it cannot be made to fit', () => {
    const why = 'x'.repeat(200_000);
    expect(() => fitted(journalOf({ why }))).toThrow('the evidence of L2 has more than 100000 bytes');
  });
});

describe('the folder of evidence', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'stampede-evidence-'));
    write(CLAIM, "load: { scenario: 'buy' }, control: { off: 'ask-provider-by-key' }");
    write('load-tests/claims/L10-lost-answer.claim.ts', "load: { scenario: 'buy' }, control: { off: 'x' }");
    write('load-tests/scenarios/buy.k6.ts', '');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  test('has the latest proof of a claim and form, and the page of all claims', () => {
    const kept = (changes: Partial<Journal>) => keepEvidence(root, journalOf(changes)).folder;
    expect(kept({})).toBe('load-tests/evidence/L2/2026-06-11-full');
    kept({ form: 'quick' });
    kept({ startedAt: '2026-06-12T08:00:00.000Z' });
    kept({ startedAt: '2026-06-12T09:00:00.000Z', seed: 9 });
    expect(readdirSync(join(root, 'load-tests/evidence/L2'))).toEqual(['2026-06-11-quick', '2026-06-12-full']);
    expect(readEvidence(root).find(({ id }) => id === 'L2')?.full?.journal.seed).toBe(9);
    const index = readFileSync(join(root, 'load-tests/evidence/index.html'), 'utf8');
    const links = [...index.matchAll(/href="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links).toEqual(['L2/2026-06-12-full/index.html', 'L2/2026-06-11-quick/index.html']);
    expect(links.every((link) => existsSync(join(root, 'load-tests/evidence', link)))).toBe(true);
  });

  test('lists every claim in order, and a promise as a sentence only where it is claimed today', () => {
    keepEvidence(root, journalOf({ definition: definitionOf(root, { file: CLAIM }) }));
    const before = claimsPage(readEvidence(root));
    expectExample('claims.html', before);
    expect(before).toContain('<title>1 of 2 claims are proved today</title>');
    expect(before).toContain('<h1>1 of 2 claims are proved today</h1>');
    for (const label of ['Figures', 'When', 'Report']) expect(before).toContain(`<td data-head="${label}"></td>`);
    expect(before).toContain(journalOf().promise);
    expect(before.indexOf('>L2<')).toBeLessThan(before.indexOf('>L10<'));
    write('load-tests/scenarios/buy.k6.ts', 'changed');
    const after = claimsPage(readEvidence(root));
    expect(after).not.toContain(journalOf().promise);
    expect(after).toMatch(/stale[\s\S]*was PASS/);
  });

  test('a definition covers the checks that a claim asks for, with what they rest on, and no others', () => {
    const checks = 'libs/tooling/prove/src/checks';
    write(`${checks}/money.ts`, "import { percent } from './requests';\nexport function oneCapture() {}");
    write(`${checks}/requests.ts`, 'export const percent = 1;');
    write(`${checks}/pages.ts`, 'export function pagesSay() {}');
    write(CLAIM, "load: { scenario: 'buy' }, control: { off: 'ask-provider-by-key' }, holds: [oneCapture()]");
    const definition = (): string => definitionOf(root, { file: CLAIM });
    const first = definition();
    write(`${checks}/pages.ts`, 'export function pagesSay() { return 1; }');
    expect(definition()).toBe(first);
    write(`${checks}/requests.ts`, 'export const percent = 2;');
    expect(definition()).not.toBe(first);
  });

  test('a claim that hides its scenario or mitigation in code has no definition', () => {
    write(CLAIM, 'load: { scenario: SCENARIO }, control: { off: id }');
    expect(() => definitionOf(root, { file: CLAIM })).toThrow(`${CLAIM} must name its scenario as plain text`);
  });
});
