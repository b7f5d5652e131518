import { BUYERS_TOPIC, BuyerRegistered, CloudEvent } from '@stampede/contracts';
import { FakeCluster } from '../../test/fake-cluster';
import { QUEUE_EVENTS, queuedEvents } from './queued-events';

/** A topic of one partition, and a consumer that has applied all of it. */
class FakeQueue extends FakeCluster {
  readonly lines: string[] = [];

  override async kubectl(args: readonly string[], input?: string): Promise<string> {
    const line = args.join(' ');
    if (line.includes('--reader-property')) throw new Error('reader-property is not a recognized option'); // Kafka 4.1
    if (line.includes('console-producer')) this.lines.push(...(input ?? '').trim().split('\n'));
    if (line.includes('get-offsets')) return `${BUYERS_TOPIC}:0:${this.lines.length}\n`;
    if (line.includes('psql')) {
      const subjects = new Set(this.lines.map((each) => each.split('\t')[0]));
      return `${subjects.size} ${subjects.size}\n`;
    }
    return '';
  }
}

test('what is queued are events as the contract has them, one for each buyer, and some of them twice', async () => {
  const queue = new FakeQueue();
  const active = await queue.start(queuedEvents({ count: 20, repeats: 3 }));
  await active.ended;
  const events = queue.lines.map((line) => CloudEvent.parse(JSON.parse(line.split('\t')[1] ?? '')));
  for (const { data, subject } of events) expect(BuyerRegistered.parse(data).buyerId).toBe(subject);
  expect(events).toHaveLength(23);
  expect(new Set(events.map(({ id }) => id)).size).toBe(20);
  expect(await active.seen()).toEqual({ metric: 'events in the topic', value: 23, least: 23 });
  expect(queue.journal.map(({ kind }) => kind)).toEqual([QUEUE_EVENTS.queued, QUEUE_EVENTS.applied]);
  expect(queue.journal.at(-1)?.detail).toMatchObject({ of: 20, events: 20, buyers: 20 });
});
