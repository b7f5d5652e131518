import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import { logger } from './logger';
import { scrub } from './scrub';
import { startPropagation } from './tracing';

const SECRETS = {
  email: 'ann.lee+cup@example.co.uk',
  jwt: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.MEUCIQDabc_def-123',
  paymentToken: 'tok_ok',
  card: '4111 1111 1111 1111',
  password: 'hunter2',
};

function lines(write: (log: ReturnType<typeof logger>) => void): Record<string, unknown>[] {
  const written: string[] = [];
  write(logger('orders', { level: 'debug', destination: { write: (line: string) => void written.push(line) } }));
  return written.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('an entry is one JSON line with time, level, service, message and the fields that are allowed', () => {
  const [line] = lines((log) =>
    log.info({ orderId: 'o-1', durationMs: 12, attempt: 2, variables: ['A', 'B'] }, 'order %s, 100%', 'placed'),
  );
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    service: 'orders',
    message: 'order placed, 100%',
    orderId: 'o-1',
    durationMs: 12,
    attempt: 2,
    variables: ['A', 'B'],
  });
});

test('an entry names the trace that it belongs to', () => {
  startPropagation();
  const place = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 0 };
  const [line] = context.with(trace.setSpanContext(ROOT_CONTEXT, place), () => lines((log) => log.warn('slow')));
  expect(line).toMatchObject({ trace_id: place.traceId, span_id: place.spanId });
});

test('fields that are not on the list are dropped, however they come', () => {
  const written = lines((log) => {
    log.info(
      { ...SECRETS, authorization: `Bearer ${SECRETS.jwt}`, body: SECRETS, headers: { cookie: SECRETS.password } },
      'request',
    );
    log
      .child({ email: SECRETS.email, buyer: SECRETS, component: 'relay' })
      .child(SECRETS)
      .info({ orderId: SECRETS }, 'from a child');
    log.child({}, { serializers: { reason: () => SECRETS.email } }).info({ reason: 'none' }, 'own serializer');
    log.info('object in a format %o %j', SECRETS, SECRETS);
    log.info({ err: Object.assign(new Error('no'), { detail: SECRETS.password, config: SECRETS }) }, 'failed');
  });
  const everything = JSON.stringify(written);
  for (const secret of Object.values(SECRETS)) expect(everything).not.toContain(secret);
  expect(written[1]).toMatchObject({ component: 'relay', message: 'from a child' });
});

test('what looks like a secret is taken out of messages, allowed texts, errors and their causes', () => {
  const secret = Object.values(SECRETS).slice(0, 4).join(' and ');
  const written = lines((log) => {
    log.info(`paid by ${secret}`);
    log.info('%s', secret);
    log.info({ reason: secret, url: `/api/v1/events?city=${SECRETS.password}` }, secret);
    log.error(new Error(secret, { cause: new Error(secret) }));
    log.error({ err: secret }, 'thrown text');
    log.error({ error: new Error(`connect postgres://shop:${SECRETS.password}@127.0.0.1/orders`) }, 'no database');
  });
  const everything = JSON.stringify(written);
  for (const value of Object.values(SECRETS)) expect(everything).not.toContain(value);
  expect(written).toHaveLength(6);
  expect(written[3]).toMatchObject({ level: 'error', err: { type: 'Error', cause: { type: 'Error' } } });
});

test('ids, amounts, times and paths are left as they are', () => {
  const plain =
    'order 0197c2f0-1111-7222-8333-444455556666 of 1234567890123 ms in /srv/node_modules/@a/b.js:1, 4111111111111112';
  expect(scrub(plain)).toBe(plain);
});

test('a text without end is cut, and costs no more than a moment', () => {
  const before = process.cpuUsage();
  expect(scrub('a'.repeat(1_000_000)).length).toBeLessThan(5_000);
  scrub(`${'a.'.repeat(2_000)}@`);
  scrub('1 '.repeat(2_000));
  expect(process.cpuUsage(before).user).toBeLessThan(500_000); // of work, so that a busy machine fails nothing
});
