import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PARTITIONS } from '@stampede/contracts';
import type { Bench } from '../src/behaviour.suite';
import { Collected, collect, eventOf, until } from './collect';

/** Who gets which event, in which order. */
export function deliversEvents(bench: Bench): void {
  test('every group gets an event, whole and with its trace', async () => {
    const billing = await collect(bench.bus, { topic: bench.topic, group: 'billing' });
    const mail = await collect(bench.bus, { topic: bench.topic, group: 'mail' });
    const sent = { ...eventOf('order-1', 1), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await bench.bus.publish(bench.topic, [sent]);
    await billing.until(1);
    await mail.until(1);
    expect(billing.events).toEqual([sent]);
    expect(mail.events).toEqual([sent]);
  });

  test('a new group starts at the oldest event', async () => {
    const sent = [eventOf('order-1', 1), eventOf('order-1', 2)];
    await bench.bus.publish(bench.topic, sent);
    const late = await collect(bench.bus, { topic: bench.topic, group: 'late' });
    await late.until(2);
    expect(late.events).toEqual(sent);
  });

  test('a subject keeps its partition and its order, also with two consumers and several publishers', async () => {
    const subjects = Array.from({ length: 40 }, (_, index) => `order-${index}`);
    const other = await bench.openAnother();
    const group = new Collected();
    await collect(bench.bus, { topic: bench.topic, group: 'billing' }, group);
    await collect(other, { topic: bench.topic, group: 'billing' }, group);
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      const half = subjects.length / 2;
      await Promise.all([
        bench.bus.publish(
          bench.topic,
          subjects.slice(0, half).map((subject) => eventOf(subject, sequence)),
        ),
        other.publish(
          bench.topic,
          subjects.slice(half).map((subject) => eventOf(subject, sequence)),
        ),
      ]);
    }
    await until(async () => (await bench.bus.lag(bench.topic, 'billing')) === 0);
    const partitions = new Set<number>();
    for (const subject of subjects) {
      const deliveries = group.deliveries.filter(({ event }) => event.subject === subject);
      expect(new Set(deliveries.map(({ partition }) => partition)).size).toBe(1);
      partitions.add(deliveries[0]?.partition ?? -1);
      expect(
        skipsNothing(
          deliveries.map(({ event }) => event.sequence),
          5,
        ),
      ).toBe(true);
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
    const other = await bench.openAnother();
    await bench.bus.subscribe({ topic: bench.topic, group: 'billing', onEvent: workUntilBothAreBusy('here') });
    await other.subscribe({ topic: bench.topic, group: 'billing', onEvent: workUntilBothAreBusy('there') });
    await bench.bus.publish(
      bench.topic,
      Array.from({ length: 60 }, (_, index) => eventOf(`order-${index}`, 1)),
    );
    await bothBusy;
    await until(async () => (await bench.bus.lag(bench.topic, 'billing')) === 0);
  });

  test('stopping finishes and commits the event in hand, and nothing after it', async () => {
    let inHand = (): void => undefined;
    let finish = (): void => undefined;
    const started = new Promise<void>((resolve) => (inHand = resolve));
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const handled: number[] = [];
    const subscription = await bench.bus.subscribe({
      topic: bench.topic,
      group: 'billing',
      async onEvent(event) {
        inHand();
        await finished;
        handled.push(event.sequence);
      },
    });
    await bench.bus.publish(
      bench.topic,
      [1, 2, 3].map((sequence) => eventOf('order-1', sequence)),
    );
    await started;
    const stopped = subscription.stop();
    finish();
    await stopped;
    expect(handled).toEqual([1]);
    const successor = await collect(bench.bus, { topic: bench.topic, group: 'billing' });
    await successor.until(2);
    expect(successor.events.map(({ sequence }) => sequence)).toEqual([2, 3]);
  });

  test('lag counts what a group has not committed', async () => {
    const sent = Array.from({ length: 30 }, (_, index) => eventOf(`order-${index}`, 1));
    await bench.bus.publish(bench.topic, sent);
    expect(await bench.bus.lag(bench.topic, 'billing')).toBe(30);
    const received = await collect(bench.bus, { topic: bench.topic, group: 'billing' });
    await received.until(30);
    await until(async () => (await bench.bus.lag(bench.topic, 'billing')) === 0);
    expect(await bench.bus.lag(bench.topic, 'nobody')).toBe(30);
  });

  test('the event in hand of a killed process goes to another consumer', async () => {
    const sent = eventOf('order-1', 1);
    await bench.bus.publish(bench.topic, [sent]);
    const options = { ...bench.backEnd.options, topic: bench.topic, group: 'billing' };
    const typescript = join(__dirname, '../../../tooling/workspace/typescript.cjs');
    const child = fork(join(__dirname, 'hang.ts'), [JSON.stringify(options)], {
      execArgv: ['--require', typescript, '--conditions=stampede-source'],
    });
    const [inHand] = await once(child, 'message');
    expect(inHand).toBe(sent.id);
    child.kill('SIGKILL');
    const survivor = await collect(bench.bus, { topic: bench.topic, group: 'billing' });
    await survivor.until(1);
    expect(survivor.events).toEqual([sent]);
  });

  test('a closed bus delivers nothing and refuses to publish', async () => {
    const received = await collect(bench.bus, { topic: bench.topic, group: 'billing' });
    await bench.bus.close();
    await expect(bench.bus.publish(bench.topic, [eventOf('order-1', 1)])).rejects.toThrow();
    await (await bench.openAnother()).publish(bench.topic, [eventOf('order-1', 1)]);
    expect(received.events).toEqual([]);
  });
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
