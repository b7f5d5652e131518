import { formatTraceparent, newSpanId, newTraceId, parseTraceparent } from './traceparent';

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';

test('a valid header is read and written back', () => {
  const header = `00-${trace}-${span}-01`;
  const place = parseTraceparent(header);
  expect(place).toEqual({ traceId: trace, spanId: span, traceFlags: 1, isRemote: true });
  expect(formatTraceparent(place!)).toBe(header);
});

test('of the flags only the sampled bit is kept, and a later version is read as far as we know it', () => {
  expect(parseTraceparent(`00-${trace}-${span}-ff`)?.traceFlags).toBe(1);
  expect(parseTraceparent(`00-${trace}-${span}-02`)?.traceFlags).toBe(0);
  expect(parseTraceparent(`01-${trace}-${span}-01-what-comes-next`)?.traceId).toBe(trace);
});

test.each([
  ['nothing', undefined],
  ['an empty header', ''],
  ['a list of headers', [`00-${trace}-${span}-01`]],
  ['two headers that were joined', `00-${trace}-${span}-01, 00-${trace}-${span}-01`],
  ['upper case', `00-${trace.toUpperCase()}-${span}-01`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${span}-01`],
  ['a span id of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
  ['the forbidden version', `ff-${trace}-${span}-01`],
  ['more than version 00 has', `00-${trace}-${span}-01-more`],
  ['a short trace id', `00-${trace.slice(1)}-${span}-01`],
  ['blanks around', ` 00-${trace}-${span}-01`],
  ['a line break', `00-${trace}-${span}-01\n`],
])('%s is no trace', (_case, header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});

test('tracestate is passed on unless it is longer than anybody has to carry', () => {
  const header = `00-${trace}-${span}-01`;
  expect(parseTraceparent(header, 'rojo=1,congo=2')?.traceState?.serialize()).toBe('rojo=1,congo=2');
  expect(parseTraceparent(header, `a=${'x'.repeat(600)}`)?.traceState).toBeUndefined();
});

test('ids are hexadecimal and differ', () => {
  const ids = Array.from({ length: 2_000 }, newTraceId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect(newSpanId()).toMatch(/^[0-9a-f]{16}$/);
});
