import { eventOf } from '../test/collect';
import { Undecodable, deadLetterEvent, decode, encode } from './envelope';

const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('an event comes out as it went in', () => {
  const event = { ...eventOf('order-1', 1), traceparent: trace };
  expect(decode(encode(event))).toEqual(event);
});

test('fields of a newer version are ignored', () => {
  const event = eventOf('order-1', 1);
  expect(decode(JSON.stringify({ ...event, region: 'eu' }))).toEqual(event);
});

test('the trace of a header fills in, but does not replace', () => {
  const event = eventOf('order-1', 1);
  expect(decode(encode(event), trace).traceparent).toBe(trace);
  expect(decode(encode({ ...event, traceparent: trace }), '00-other').traceparent).toBe(trace);
});

test.each(['', '{', 'null', '[]', '{}'])('%j is no event', (payload) => {
  expect(() => decode(payload)).toThrow(Undecodable);
});

test('a dead letter can itself be read, also that of a payload that cannot', () => {
  const failed = { original: '{', group: 'billing', topic: 'stampede.orders', partition: 3, offset: '17' };
  const letter = deadLetterEvent(failed, new Undecodable('not JSON'), 'order-1');
  expect(decode(encode(letter))).toEqual(letter);
  expect(letter).toMatchObject({ subject: 'order-1', data: { ...failed, reason: 'Undecodable: not JSON' } });
});
