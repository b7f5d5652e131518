import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PARTITIONS, type CloudEvent } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { deadLetterTopic, type DeadLetter } from './envelope';
import type { BusOptions } from './open-bus';
import { openBus } from './open-bus';
import type { Bus, Delivery, SubscribeOptions } from './port';

/** A back end under test: how to open a bus on it, and how a stranger writes to its topics. */
export interface BackEnd {
  options: Omit<BusOptions, 'clientId'>;
  publishRaw(topic: string, key: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

const noDelay = { retryDelayMs: () => 0 };

/** What every bus promises, whatever is behind it. */
export function behavesLikeABus(name: string, open: () => Promise<BackEnd>): void {
  describe(`the bus on ${name}`, () => {
    let backEnd: BackEnd;
    let bus: Bus;
    let topic: string;
    const others: Bus[] = [];

    /** The bus as another process sees it. */
    const openAnother = async (): Promise<Bus> => {
      const other = await openBus({ ...backEnd.options, clientId: 'another' });
      others.push(other);
      return other;
    };

    beforeAll(async () => {
      backEnd = await open();
    });
    beforeEach(async () => {
      bus = await openBus({ ...backEnd.options, clientId: 'bus-spec' });
      topic = `spec.${uuidv7()}`;
    });
    afterEach(async () => {
      await Promise.all([bus, ...others.splice(0)].map((opened) => opened.close()));
    });
    afterAll(() => backEnd.close());

    test('every group gets an event, whole and with its trace', async () => {
      const billing = await collect(bus, { topic, group: 'billing' });
      const mail = await collect(bus, { topic, group: 'mail' });
      const sent = { ...eventOf('order-1', 1), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
      await bus.publish(topic, [sent]);
      await billing.until(1);
      await mail.until(1);
      expect(billing.events).toEqual([sent]);
      expect(mail.events).toEqual([sent]);
    });

    test('a new group starts at the oldest event', async () => {
      const sent = [eventOf('order-1', 1), eventOf('order-1', 2)];
      await bus.publish(topic, sent);
      const late = await collect(bus, { topic, group: 'late' });
      await late.until(2);
      expect(late.events).toEqual(sent);
    });

    test('a subject keeps its partition and its order, also with two consumers and several publishers', async () => {
      const subjects = Array.from({ length: 40 }, (_, index) => `order-${index}`);
      const other = await openAnother();
      const group = new Collected();
      await collect(bus, { topic, group: 'billing' }, group);
      await collect(other, { topic, group: 'billing' }, group);
      for (let sequence = 1; sequence <= 5; sequence += 1) {
        const half = subjects.length / 2;
        await Promise.all([
          bus.publish(topic, subjects.slice(0, half).map((subject) => eventOf(subject, sequence))),
          other.publish(topic, subjects.slice(half).map((subject) => eventOf(subject, sequence))),
        ]);
      }
      await until(async () => (await bus.lag(topic, 'billing')) === 0);
      const partitions = new Set<number>();
      for (const subject of subjects) {
        const deliveries = group.deliveries.filter(({ event }) => event.subject === subject);
        expect(new Set(deliveries.map(({ partition }) => partition)).size).toBe(1);
        partitions.add(deliveries[0]?.partition ?? -1);
        expect(skipsNothing(deliveries.map(({ event }) => event.sequence), 5)).toBe(true);
      }
      expect(partitions.size).toBeGreaterThan(PARTITIONS / 2);
    });

    test('two consumers of a group work at the same time', async () => {
      const busy = new Set<string>();
      let release = (): void => undefined;
      const bothBusy = new Promise<void>((resolve) => (release = resolve));
      const workUntilBothAreBusy = (consumer: string) => async () => {
        busy.add(consumer);
        if (busy.size === 2) release();
        await bothBusy;
      };
      const other = await openAnother();
      await bus.subscribe({ topic, group: 'billing', onEvent: workUntilBothAreBusy('here') });
      await other.subscribe({ topic, group: 'billing', onEvent: workUntilBothAreBusy('there') });
      await bus.publish(topic, Array.from({ length: 60 }, (_, index) => eventOf(`order-${index}`, 1)));
      await bothBusy;
      await until(async () => (await bus.lag(topic, 'billing')) === 0);
    });

    test('an event that failed comes again, before the next of its subject', async () => {
      const seen: string[] = [];
      const received = await collect(bus, {
        topic,
        group: 'billing',
        ...noDelay,
        async onEvent(event, { attempt }) {
          seen.push(`${event.sequence}.${attempt}`);
          if (event.sequence === 1 && attempt < 3) throw new Error('not yet');
        },
      });
      await bus.publish(topic, [eventOf('order-1', 1), eventOf('order-1', 2)]);
      await received.until(2);
      expect(seen).toEqual(['1.1', '1.2', '1.3', '2.1']);
    });

    test('an event that fails every attempt becomes a dead letter, and the partition moves on', async () => {
      const attempts: number[] = [];
      const received = await collect(bus, {
        topic,
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
      await bus.publish(topic, [poison, next]);
      await received.until(1);
      expect(received.events).toEqual([next]);
      expect(attempts).toEqual([1, 2, 3]);
      const letters = await collect(bus, { topic: deadLetterTopic(topic), group: 'operator' });
      await letters.until(1);
      const { reason, original, group } = letters.events[0]?.data as DeadLetter;
      expect(reason).toBe('RangeError: no such plan');
      expect(JSON.parse(original)).toEqual(poison);
      expect(group).toBe('billing');
      expect(letters.events[0]?.subject).toBe('order-1');
    });

    test.each(['not json', '{"specversion":"1.0"}', ''])('a payload that is no event (%j) becomes a dead letter untried', async (payload) => {
      const received = await collect(bus, { topic, group: 'billing' });
      const next = eventOf('order-1', 2);
      await bus.publish(topic, [eventOf('order-1', 1)]);
      await backEnd.publishRaw(topic, 'order-1', payload);
      await bus.publish(topic, [next]);
      await received.until(2);
      expect(received.events.at(-1)).toEqual(next);
      const letters = await collect(bus, { topic: deadLetterTopic(topic), group: 'operator' });
      await letters.until(1);
      expect(letters.events[0]?.data).toMatchObject({ original: payload, reason: expect.stringMatching(/^Undecodable: /) });
    });

    test('a failure that is not the event\'s fault never makes a dead letter', async () => {
      let failures = 0;
      const received = await collect(bus, {
        topic,
        group: 'billing',
        maxAttempts: 2,
        ...noDelay,
        isTransient: (error) => error instanceof Error && error.message === 'database is away',
        async onEvent() {
          failures += 1;
          if (failures <= 5) throw new Error('database is away');
        },
      });
      await bus.publish(topic, [eventOf('order-1', 1)]);
      await received.until(1);
      expect(failures).toBe(6);
      expect(received.deliveries[0]?.attempt).toBe(1);
    });

    test('stopping finishes and commits the event in hand, and nothing after it', async () => {
      let inHand = (): void => undefined;
      let finish = (): void => undefined;
      const started = new Promise<void>((resolve) => (inHand = resolve));
      const finished = new Promise<void>((resolve) => (finish = resolve));
      const handled: number[] = [];
      const subscription = await bus.subscribe({
        topic,
        group: 'billing',
        async onEvent(event) {
          inHand();
          await finished;
          handled.push(event.sequence);
        },
      });
      await bus.publish(topic, [1, 2, 3].map((sequence) => eventOf('order-1', sequence)));
      await started;
      const stopped = subscription.stop();
      finish();
      await stopped;
      expect(handled).toEqual([1]);
      const successor = await collect(bus, { topic, group: 'billing' });
      await successor.until(2);
      expect(successor.events.map(({ sequence }) => sequence)).toEqual([2, 3]);
    });

    test('lag counts what a group has not committed', async () => {
      const sent = Array.from({ length: 30 }, (_, index) => eventOf(`order-${index}`, 1));
      await bus.publish(topic, sent);
      expect(await bus.lag(topic, 'billing')).toBe(30);
      const received = await collect(bus, { topic, group: 'billing' });
      await received.until(30);
      await until(async () => (await bus.lag(topic, 'billing')) === 0);
      expect(await bus.lag(topic, 'nobody')).toBe(30);
    });

    test('the event in hand of a killed process goes to another consumer', async () => {
      const sent = eventOf('order-1', 1);
      await bus.publish(topic, [sent]);
      const child = fork(join(__dirname, '../test/hang.ts'), [JSON.stringify({ ...backEnd.options, topic, group: 'billing' })], {
        execArgv: ['--require', join(__dirname, '../test/typescript.cjs'), '--conditions=stampede-source'],
      });
      const [inHand] = await once(child, 'message');
      expect(inHand).toBe(sent.id);
      child.kill('SIGKILL');
      const survivor = await collect(bus, { topic, group: 'billing' });
      await survivor.until(1);
      expect(survivor.events).toEqual([sent]);
    });

    test('a closed bus delivers nothing and refuses to publish', async () => {
      const received = await collect(bus, { topic, group: 'billing' });
      await bus.close();
      await expect(bus.publish(topic, [eventOf('order-1', 1)])).rejects.toThrow();
      await (await openAnother()).publish(topic, [eventOf('order-1', 1)]);
      expect(received.events).toEqual([]);
    });
  });
}

/** An order's event. */
export function eventOf(subject: string, sequence: number): CloudEvent {
  return {
    specversion: '1.0',
    id: uuidv7(),
    type: 'stampede.order.placed',
    source: 'orders',
    time: new Date().toISOString(),
    subject,
    sequence,
    dataversion: '1',
    data: { text: 'Zürich \u0000 😀', amount: 12_345 },
  };
}

interface Received extends Delivery {
  event: CloudEvent;
}

/** The events that a subscription has applied, in order. */
export class Collected {
  readonly deliveries: Received[] = [];
  private waiting: { count: number; resolve(): void }[] = [];

  get events(): CloudEvent[] {
    return this.deliveries.map(({ event }) => event);
  }

  add(delivery: Received): void {
    this.deliveries.push(delivery);
    const { length } = this.deliveries;
    for (const waiter of this.waiting) if (length >= waiter.count) waiter.resolve();
  }

  /** Resolves once `count` events were applied. */
  until(count: number): Promise<void> {
    if (this.deliveries.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }
}

/** Subscribes and collects what `onEvent` (by default everything) lets pass. */
export async function collect(
  bus: Bus,
  options: Omit<SubscribeOptions, 'onEvent'> & Partial<SubscribeOptions>,
  collected = new Collected(),
): Promise<Collected> {
  await bus.subscribe({
    ...options,
    async onEvent(event, delivery) {
      await options.onEvent?.(event, delivery);
      collected.add({ event, ...delivery });
    },
  });
  return collected;
}

/** From 1 to `last` without a gap. At least once means that a repeat may go back to what was seen before. */
function skipsNothing(sequences: number[], last: number): boolean {
  let highest = 0;
  for (const sequence of sequences) {
    if (sequence > highest + 1) return false;
    highest = Math.max(highest, sequence);
  }
  return highest === last;
}

/** Asks again until the answer is yes; the test's own timeout is the limit. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await new Promise((resolve) => setTimeout(resolve, 20));
}
