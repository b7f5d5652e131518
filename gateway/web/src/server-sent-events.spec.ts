import { serverSentEvents } from './server-sent-events';

/** Every event of a stream that arrives in these pieces. */
async function read(...pieces: string[]) {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  const events = [];
  for await (const event of serverSentEvents(stream, () => undefined)) events.push(event);
  return events;
}

test('events are put together from whatever pieces the network makes of them', async () => {
  const whole = 'event: order\nid: 4\ndata: {"a":\ndata: 1}\n\n: comment\n\nevent: order\r\nid:5\r\ndata:x\r\n\r\n';
  const expected = [
    { event: 'order', id: '4', data: '{"a":\n1}' },
    { event: 'order', id: '5', data: 'x' },
  ];
  expect(await read(whole)).toEqual(expected);
  expect(await read(...whole)).toEqual(expected);
});

test('an event that breaks off is not an event', async () => {
  expect(await read('event: order\ndata: {"status":"conf')).toEqual([]);
});

test('an id stays until another one comes', async () => {
  expect((await read('id: 1\ndata: a\n\ndata: b\n\n')).map(({ id }) => id)).toEqual(['1', '1']);
});
