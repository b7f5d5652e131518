import { uuidv7 } from '@stampede/db';
import type { Kafka } from 'kafkajs';

/** A broker that does not answer must not hold up whoever looks. */
const PATIENCE_MS = 10_000;

interface Offsets {
  readonly partition: number;
  readonly low: string;
  readonly high: string;
}

/**
 * The payloads of the last `most` records of each partition, in no order. The group that reads them commits nothing,
 * so the broker forgets it with its last member. @throws Error when they did not come in time
 */
export async function readLatest(
  kafka: Kafka,
  topic: string,
  offsets: readonly Offsets[],
  most: number,
): Promise<string[]> {
  const spans = offsets.map(({ partition, low, high }) => ({
    partition,
    from: Math.max(Number(low), Number(high) - most),
    to: Number(high),
  }));
  const open = new Map(spans.filter(({ from, to }) => from < to).map(({ partition, to }) => [partition, to]));
  if (open.size === 0) return [];
  const payloads: string[] = [];
  const done = Promise.withResolvers<void>();
  const late = setTimeout(() => done.reject(new Error(`${topic} could not be read in time`)), PATIENCE_MS);
  const consumer = kafka.consumer({ groupId: `latest.${uuidv7()}`, allowAutoTopicCreation: false });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      async eachMessage({ partition, message }) {
        const to = open.get(partition);
        if (to === undefined) return;
        payloads.push(message.value?.toString() ?? '');
        if (Number(message.offset) >= to - 1) open.delete(partition);
        if (open.size === 0) done.resolve();
      },
    });
    for (const { partition, from } of spans) consumer.seek({ topic, partition, offset: String(from) });
    await done.promise;
    return payloads;
  } finally {
    clearTimeout(late);
    await consumer.disconnect();
  }
}
