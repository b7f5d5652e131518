import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { droppedRatio, LoadHistory, readSummary } from './k6-history';

const lines = [
  '{"begin":1700000000000}',
  '{"t":12,"b":12,"route":"place-order","s":503,"ms":3.4,"n":1,"f":0,"code":"overloaded"}',
  '{"t":230,"b":12,"route":"place-order","s":0,"ms":15000,"n":2,"f":1}',
  '{"t":240,"seen":"order","orderId":"o-1","replayed":true}',
  '',
].join('\n');

const FIRST = { atMs: 12, firstAtMs: 12 };

test('attempts and what buyers saw are read, however the file is cut into pieces', () => {
  for (let size = 1; size < 40; size += 1) {
    const history = new LoadHistory();
    for (let from = 0; from < lines.length; from += size) history.push(lines.slice(from, from + size));
    expect(history.beganAtMs).toBe(1_700_000_000_000);
    expect(history.calls).toEqual([
      { ...FIRST, route: 'place-order', status: 503, ms: 3.4, attempt: 1, failed: false, code: 'overloaded' },
      { ...FIRST, atMs: 230, route: 'place-order', status: 0, ms: 15_000, attempt: 2, failed: true },
    ]);
    expect(history.seen).toEqual([{ atMs: 240, what: 'order', detail: { orderId: 'o-1', replayed: true } }]);
  }
});

test('what a buyer saw on a route is no attempt', () => {
  const history = new LoadHistory();
  history.push('{"t":9,"seen":"no-retry-after","route":"event-page","status":503}\n');
  expect(history.calls).toHaveLength(0);
  expect(history.seen).toEqual([{ atMs: 9, what: 'no-retry-after', detail: { route: 'event-page', status: 503 } }]);
});

test('a line that is not complete yet is not read yet', () => {
  const history = new LoadHistory();
  history.push('{"t":1,"b":1,"route":"hold","s":201,"ms":2,"n":1,"f":0}');
  expect(history.calls).toHaveLength(0);
  history.push('\n');
  expect(history.calls).toHaveLength(1);
});

test.each(['not json', '{"t":1}', '{"t":1,"route":"hold","s":201}', '{"seen":"order"}'])(
  'a history with the line %s is refused, not read around it',
  (line) => {
    expect(() => new LoadHistory().push(`${line}\n`)).toThrow(`not a line of the buyers' history: ${line}`);
  },
);

test('arrivals that k6 could not send are a share of all arrivals', () => {
  const count = (value: number) => ({ values: { count: value } });
  expect(droppedRatio({ metrics: { iterations: count(97), dropped_iterations: count(3) } })).toBe(0.03);
  expect(droppedRatio({ metrics: { iterations: count(97) } })).toBe(0);
  expect(droppedRatio({ metrics: { dropped_iterations: count(3) } })).toBe(1);
});

test('of a summary the metrics are kept, and whether thresholds held', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'summary-')), 'summary.json');
  const thresholds = { 'p(99)<800': { ok: false } };
  const metrics = { http_req_duration: { type: 'trend', contains: 'time', values: { 'p(99)': 812 }, thresholds } };
  writeFileSync(file, JSON.stringify({ options: {}, setup_data: { match: 'x' }, metrics }));
  expect(await readSummary(file)).toEqual({ metrics: { http_req_duration: { values: { 'p(99)': 812 }, thresholds } } });
  writeFileSync(file, '{}');
  await expect(readSummary(file)).rejects.toThrow('is no summary of k6');
});
