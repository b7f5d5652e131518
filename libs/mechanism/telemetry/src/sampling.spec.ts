import { TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { samplingFrom } from './sampling';
import { newTraceId } from './traceparent';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
const traceId = newTraceId();
const parent = (traceFlags: number) => ({ traceId, spanId: 'b7ad6b7169203331', traceFlags });

test('nothing can be sampled without somewhere to send it', () => {
  expect(samplingFrom({}).possible).toBe(false);
  expect(samplingFrom(endpoint).possible).toBe(true);
  expect(samplingFrom({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }).possible).toBe(true);
  expect(samplingFrom({ OTEL_TRACES_EXPORTER: 'console' }).possible).toBe(true);
  expect(samplingFrom({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }).possible).toBe(false);
  expect(samplingFrom({ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }).possible).toBe(false);
  expect(samplingFrom({ ...endpoint, OTEL_TRACES_SAMPLER: 'always_off' }).possible).toBe(false);
});

test('by default the parent decides, and a trace that begins here is sampled', () => {
  const { decide } = samplingFrom(endpoint);
  expect(decide(traceId)).toBe(true);
  expect(decide(traceId, parent(0))).toBe(false);
  expect(decide(traceId, parent(1))).toBe(true);
});

test.each([
  ['always_on', true, true],
  ['parentbased_always_off', false, true],
])('%s: begun here %s, under a sampled parent %s', (sampler, root, child) => {
  const { decide } = samplingFrom({ ...endpoint, OTEL_TRACES_SAMPLER: sampler });
  expect(decide(traceId)).toBe(root);
  expect(decide(traceId, parent(1))).toBe(child);
});

test('always_on does not ask the parent', () => {
  expect(samplingFrom({ ...endpoint, OTEL_TRACES_SAMPLER: 'always_on' }).decide(traceId, parent(0))).toBe(true);
});

test.each(['0', '0.001', '0.25', '0.999', '1'])(
  'at ratio %s the same traces are picked as by the stock sampler',
  (ratio) => {
    const ours = samplingFrom({ ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio });
    const stock = new TraceIdRatioBasedSampler(Number(ratio));
    for (let round = 0; round < 5_000; round += 1) {
      const id = newTraceId();
      expect(ours.decide(id)).toBe(stock.shouldSample(undefined as never, id).decision > 0);
    }
  },
);

test('an unknown sampler or ratio warns and falls back to sampling', () => {
  const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  expect(samplingFrom({ ...endpoint, OTEL_TRACES_SAMPLER: 'sometimes' }).decide(traceId)).toBe(true);
  expect(
    samplingFrom({ ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }).decide(traceId),
  ).toBe(true);
  expect(warning).toHaveBeenCalledTimes(2);
  warning.mockRestore();
});
