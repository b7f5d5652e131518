import type { CloudEvent } from '@stampede/contracts';
import type { Bench } from '../src/behaviour.suite';
import { deadLetterTopic, type DeadLetter } from '../src/envelope';
import { collect, eventOf, until } from './collect';

const noDelay = { retryDelayMs: () => 0 };

/** What becomes of events that cannot be applied. */
export function survivesFailures(bench: Bench): void {
  test('an event that failed comes again, before the next of its subject', async () => {
    const seen: string[] = [];
    const received = await collect(bench.bus, {
      topic: bench.topic,
      group: 'billing',
      ...noDelay,
      async onEvent(event, { attempt }) {
        seen.push(`${event.sequence}.${attempt}`);
        if (event.sequence === 1 && attempt < 3) throw new Error('not yet');
      },
    });
    await bench.bus.publish(bench.topic, [eventOf('order-1', 1), eventOf('order-1', 2)]);
    await received.until(2);
    expect(seen).toEqual(['1.1', '1.2', '1.3', '2.1']);
  });

  test('an event that waits for its next attempt holds up its own partition only', async () => {
    let attempts = 0;
    const received = await collect(bench.bus, {
      topic: bench.topic,
      group: 'billing',
      retryDelayMs: () => 3_600_000,
      async onEvent(event) {
        if (event.subject !== 'poison') return;
        attempts += 1;
        throw new Error('not yet');
      },
    });
    await bench.bus.publish(bench.topic, [eventOf('poison', 1)]);
    await until(async () => attempts > 0);
    await bench.bus.publish(
      bench.topic,
      Array.from({ length: 40 }, (_, index) => eventOf(`order-${index}`, 1)),
    );
    await received.until(20);
    expect(attempts).toBe(1);
  });

  test('an event that fails every attempt becomes a dead letter, and the partition moves on', async () => {
    const attempts: number[] = [];
    const received = await collect(bench.bus, {
      topic: bench.topic,
      group: 'billing',
      maxAttempts: 3,
      ...noDelay,
      async onEvent(event, { attempt }) {
        if (event.sequence !== 1) return;
        attempts.push(attempt);
        throw new RangeError('no such plan');
      },
    });
    const [poison, next] = [eventOf('order-1', 1), eventOf('order-1', 2)];
    await bench.bus.publish(bench.topic, [poison, next]);
    await received.until(1);
    expect(received.events).toEqual([next]);
    expect(attempts).toEqual([1, 2, 3]);
    const letters = await collect(bench.bus, { topic: deadLetterTopic(bench.topic), group: 'operator' });
    await letters.until(1);
    const [letter] = letters.events as [CloudEvent];
    expect(await bench.bus.latest(deadLetterTopic(bench.topic), 10)).toEqual([letter]);
    const { reason, original, group } = letter.data as DeadLetter;
    expect({ reason, group }).toEqual({ reason: 'RangeError: no such plan', group: 'billing' });
    expect(JSON.parse(original)).toEqual(poison);
    expect(letter.subject).toBe('order-1');
  });

  const payloads = ['not json', '{"specversion":"1.0"}', ''];
  test.each(payloads)('a payload that is no event (%j) becomes a dead letter untried', async (payload) => {
    const received = await collect(bench.bus, { topic: bench.topic, group: 'billing' });
    const next = eventOf('order-1', 2);
    await bench.bus.publish(bench.topic, [eventOf('order-1', 1)]);
    await bench.backEnd.publishRaw(bench.topic, 'order-1', payload);
    await bench.bus.publish(bench.topic, [next]);
    await received.until(2);
    expect(received.events.at(-1)).toEqual(next);
    const letters = await collect(bench.bus, { topic: deadLetterTopic(bench.topic), group: 'operator' });
    await letters.until(1);
    expect(letters.events[0]?.data).toMatchObject({
      original: payload,
      reason: expect.stringMatching(/^Undecodable: /),
    });
  });

  test("a failure that is not the event's fault never makes a dead letter", async () => {
    let failures = 0;
    const received = await collect(bench.bus, {
      topic: bench.topic,
      group: 'billing',
      maxAttempts: 2,
      ...noDelay,
      isTransient: (error) => error instanceof Error && error.message === 'database is away',
      async onEvent() {
        failures += 1;
        if (failures <= 5) throw new Error('database is away');
      },
    });
    await bench.bus.publish(bench.topic, [eventOf('order-1', 1)]);
    await received.until(1);
    expect(failures).toBe(6);
    expect(received.deliveries[0]?.attempt).toBe(1);
  });
}
