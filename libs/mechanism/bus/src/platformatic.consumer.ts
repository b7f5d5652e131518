import { Consumer, type BaseOptions, type Message, type MessagesStream } from '@platformatic/kafka';
import { Commits } from './platformatic.commits';
import { deliver, groupIdOf, traceHeader, type Publish } from './broker-delivery';
import type { RunningConsumer } from './kept-consumer';
import type { SubscribeOptions } from './port';

/** A member that is silent for this long has died, and its partitions go to others. */
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const REBALANCE_TIMEOUT_MS = 30_000;
/** A stop waits for the fetch under way, so that must be short. */
const FETCH_WAIT_MS = 500;
/** Events read but not yet applied, over all partitions. */
const MAX_IN_HAND = 100;

/** Where the brokers are, and how long to wait for them. */
export type Connection = BaseOptions;

/** Resolves once the group has let the consumer in. */
export async function openConsumer(
  connection: Connection,
  options: Required<SubscribeOptions>,
  publish: Publish,
  signal: AbortSignal,
): Promise<RunningConsumer> {
  const consumer = new Consumer({
    ...connection,
    groupId: groupIdOf(options.group, options.topic),
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    maxWaitTime: FETCH_WAIT_MS,
    autocommit: false,
    highWaterMark: MAX_IN_HAND,
  });
  try {
    const stream = await consumer.consume({ topics: [options.topic], mode: 'committed', fallbackMode: 'earliest' });
    const closing = new AbortController();
    const commits = new Commits(consumer);
    const ended = pump(stream, commits, options, publish, AbortSignal.any([signal, closing.signal]));
    return {
      ended,
      async close() {
        closing.abort();
        await stream.close();
        await ended;
        await commits.close();
        // A broker that is away cannot be told; the connections must go all the same.
        await consumer.close().catch(() => consumer.close(true));
      },
    };
  } catch (error) {
    await consumer.close(true).catch(() => undefined); // The first error is the one that explains.
    throw error;
  }
}

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;

/**
 * Applies partitions side by side and each in order, until the stream ends; resolves with the reason when nothing
 * is in hand any more.
 */
async function pump(
  stream: Stream,
  commits: Commits,
  options: Required<SubscribeOptions>,
  publish: Publish,
  signal: AbortSignal,
): Promise<unknown> {
  const lanes = new Map<number, Promise<void>>();
  const inHand = new Set<Promise<void>>();
  let reason: unknown;
  try {
    for await (const message of stream) {
      const lane = lanes.get(message.partition) ?? Promise.resolve();
      const work = lane.then(() => apply(message, commits, options, publish, signal));
      lanes.set(message.partition, work);
      inHand.add(work);
      void work.then(() => inHand.delete(work));
      if (inHand.size >= MAX_IN_HAND) await Promise.race(inHand);
    }
  } catch (error) {
    reason = error;
  }
  await Promise.all(inHand);
  return reason;
}

async function apply(
  message: Message<Buffer, Buffer, Buffer, Buffer>,
  commits: Commits,
  options: Required<SubscribeOptions>,
  publish: Publish,
  signal: AbortSignal,
): Promise<void> {
  const record = {
    partition: message.partition,
    offset: String(message.offset),
    key: message.key?.toString() ?? '',
    payload: message.value?.toString() ?? '',
    traceparent: message.headerEntries.find(([name]) => name.toString() === traceHeader)?.[1].toString(),
  };
  if (!(await deliver(record, options, publish, signal))) return;
  commits.add({
    topic: message.topic,
    partition: message.partition,
    offset: message.offset + 1n,
    leaderEpoch: message.leaderEpoch,
  });
}
