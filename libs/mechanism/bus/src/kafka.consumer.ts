import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { attempt, groupIdOf, traceHeader, type BrokerRecord, type Publish } from './broker-delivery';
import type { RunningConsumer } from './kept-consumer';
import type { SubscribeOptions } from './port';

/** A member that is silent for this long has died, and its partitions go to others. */
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 2_000;
/** Members get this long to finish the event in hand when the group changes. */
const REBALANCE_TIMEOUT_MS = 30_000;
/** A stop waits for the fetch under way, so that must be short. */
const FETCH_WAIT_MS = 500;
const COMMIT_EVERY_MS = 1_000;
const COMMIT_EVERY_EVENTS = 50;
const CONCURRENT_PARTITIONS = 4;

/** Resolves once the group has let the consumer in. */
export async function openConsumer(
  kafka: Kafka,
  options: Required<SubscribeOptions>,
  publish: Publish,
  signal: AbortSignal,
): Promise<RunningConsumer> {
  const consumer = kafka.consumer({
    groupId: groupIdOf(options.group, options.topic),
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    allowAutoTopicCreation: false,
    // Whoever keeps the consumer opens it anew; kafkajs itself restarts after some failures only.
    retry: { retries: 4, initialRetryTime: 150, maxRetryTime: 1_500, restartOnFailure: () => Promise.resolve(false) },
  });
  const joined = new Promise<'joined'>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve('joined')));
  const ended = new Promise<unknown>((resolve) =>
    consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error)),
  );
  const retries = new Retries();
  try {
    await run(consumer, options, (batch) => eachBatch(batch, retries, options, publish, signal));
    const first = await Promise.race([joined, ended]);
    if (first !== 'joined') throw first;
  } catch (error) {
    await consumer.disconnect();
    throw error;
  }
  return {
    ended,
    async close() {
      retries.cancel();
      await consumer.disconnect();
    },
  };
}

/** Tries that failed, and the partitions that wait for the next. */
class Retries {
  private readonly failed = new Map<number, { offset: string; failures: number }>();
  private readonly timers = new Map<number, NodeJS.Timeout>();

  failuresOf({ partition, offset }: BrokerRecord): number {
    const failed = this.failed.get(partition);
    return failed?.offset === offset ? failed.failures : 0;
  }

  /** kafkajs fetches the partition again, from this record on, when `resume` is called. */
  wait({ partition, offset }: BrokerRecord, failures: number, delayMs: number, resume: () => void): void {
    this.failed.set(partition, { offset, failures });
    clearTimeout(this.timers.get(partition));
    this.timers.set(partition, setTimeout(resume, delayMs));
  }

  cancel(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
  }
}

async function run(
  consumer: Consumer,
  options: SubscribeOptions,
  onBatch: (batch: EachBatchPayload) => Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic: options.topic, fromBeginning: true });
  await consumer.run({
    eachBatch: onBatch,
    eachBatchAutoResolve: false,
    autoCommitInterval: COMMIT_EVERY_MS,
    autoCommitThreshold: COMMIT_EVERY_EVENTS,
    partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
  });
}

/** kafkajs commits what was resolved when this returns, also while it stops. */
async function eachBatch(
  payload: EachBatchPayload,
  retries: Retries,
  options: Required<SubscribeOptions>,
  publish: Publish,
  stopping: AbortSignal,
): Promise<void> {
  const { batch } = payload;
  const expelled = new AbortController();
  // An event may take longer than the session. A refused heartbeat means that the group changes: no further event
  // is begun, and kafkajs joins again when it meets the same refusal.
  const beating = setInterval(() => void payload.heartbeat().catch(() => expelled.abort()), HEARTBEAT_MS);
  const signal = AbortSignal.any([stopping, expelled.signal]);
  try {
    for (const message of batch.messages) {
      if (signal.aborted || !payload.isRunning() || payload.isStale()) return;
      const record = recordOf(batch.partition, message);
      const outcome = await attempt(record, retries.failuresOf(record), options, publish, signal);
      if (outcome.next === 'retry') {
        // Waiting here would hold up every partition of the broker, for kafkajs fetches them together.
        retries.wait(record, outcome.failures, outcome.delayMs, payload.pause());
        return;
      }
      if (outcome.next === 'stop') return;
      payload.resolveOffset(message.offset);
      if (!signal.aborted) await payload.commitOffsetsIfNecessary();
    }
  } finally {
    clearInterval(beating);
  }
}

function recordOf(partition: number, message: KafkaMessage): BrokerRecord {
  const trace = message.headers?.[traceHeader];
  return {
    partition,
    offset: message.offset,
    key: message.key?.toString() ?? '',
    payload: message.value?.toString() ?? '',
    traceparent: trace === undefined ? undefined : String(trace),
  };
}
