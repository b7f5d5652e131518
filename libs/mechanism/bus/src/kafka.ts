import { setTimeout as delay } from 'node:timers/promises';
import { PARTITIONS } from '@stampede/contracts';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { BrokerBus, type BrokerClient } from './broker-bus';
import { openConsumer } from './kafka.consumer';
import { readLatest } from './kafka.latest';
import { KafkaPublisher } from './kafka.publisher';
import { quietKafkajs } from './kafka.quiet';
import type { Bus } from './port';

quietKafkajs();

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Bounds how long a publisher waits for a broker that is away; the relay tries again later. */
const retry = { retries: 4, initialRetryTime: 150, maxRetryTime: 1_500 };

/** The bus on Kafka by kafkajs. */
export function openKafkaBus(options: { brokers: string[]; clientId: string }): Bus {
  const kafka = new Kafka({
    ...options,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry,
    // Failures reach the caller or the bus channel; as log lines they would carry stacks and addresses.
    logLevel: logLevel.NOTHING,
  });
  const publisher = new KafkaPublisher(kafka, retry);
  return new BrokerBus({
    async createTopic(topic) {
      const wanted = { topic, numPartitions: PARTITIONS };
      // Not `waitForLeaders`: kafkajs takes a broker that has not heard of the topic yet for a failure.
      await administer(kafka, (admin) => admin.createTopics({ topics: [wanted], waitForLeaders: false }));
      await untilHosted(kafka, topic);
    },
    send: (topic, messages) => publisher.send(topic, messages),
    openConsumer: (complete, publish, signal) => openConsumer(kafka, complete, publish, signal),
    positions: (topic, groupId) => administer(kafka, (admin) => positions(admin, topic, groupId)),
    async latest(topic, most) {
      const offsets = await administer(kafka, (admin) => admin.fetchTopicOffsets(topic));
      return readLatest(kafka, topic, offsets, most);
    },
    close: () => publisher.close(),
  });
}

const HOSTED_TRIES = 50;
const HOSTED_EVERY_MS = 100;

/** A new topic is known to each broker a moment later. @throws what the last question was answered with */
async function untilHosted(kafka: Kafka, topic: string): Promise<void> {
  await administer(kafka, async (admin) => {
    for (let tries = 1; ; tries += 1) {
      try {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        if (topics[0]?.partitions.every(({ leader }) => leader >= 0) === true) return;
      } catch (error) {
        if (tries === HOSTED_TRIES) throw error;
      }
      await delay(HOSTED_EVERY_MS);
    }
  });
}

async function positions(admin: Admin, topic: string, groupId: string): ReturnType<BrokerClient['positions']> {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.map(({ partition, low, high }) => {
    const committed = Number(found?.partitions.find((candidate) => candidate.partition === partition)?.offset ?? -1);
    return { oldest: Number(low), next: Number(high), committed: committed < 0 ? undefined : committed };
  });
}

async function administer<T>(kafka: Kafka, run: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await run(admin);
  } finally {
    await admin.disconnect();
  }
}
