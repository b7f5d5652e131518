import { PARTITIONS } from '@stampede/contracts';
import { Admin, ListOffsetTimestamps, findErrorBy, stringSerializers, Producer } from '@platformatic/kafka';
import { BrokerBus, type BrokerClient } from './broker-bus';
import { openConsumer, type Connection } from './platformatic.consumer';
import type { Bus } from './port';

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;
const RETRIES = 4;
const RETRY_DELAY_MS = 500;

type StringProducer = Producer<string, string, string, string>;

/** The bus on Kafka by @platformatic/kafka. */
export function openPlatformaticBus(options: { brokers: string[]; clientId: string }): Bus {
  const connection: Connection = {
    clientId: options.clientId,
    bootstrapBrokers: options.brokers,
    connectTimeout: CONNECT_TIMEOUT_MS,
    timeout: REQUEST_TIMEOUT_MS,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
  };
  const admin = new Admin(connection);
  const publisher = new PlatformaticPublisher(connection);
  return new BrokerBus({
    createTopic: (topic) => createTopic(admin, topic),
    send: (topic, messages) => publisher.send(messages.map((message) => ({ topic, ...message }))),
    openConsumer: (complete, publish, signal) => openConsumer(connection, complete, publish, signal),
    positions: (topic, groupId) => positions(admin, topic, groupId),
    async close() {
      await publisher.close();
      await admin.close();
    },
  });
}

/**
 * Replaces a producer that failed: what the broker made of its last batch is unknown, and so are its sequence
 * numbers.
 */
class PlatformaticPublisher {
  private producer: StringProducer | undefined;

  constructor(private readonly connection: Connection) {}

  async send(messages: Parameters<StringProducer['send']>[0]['messages']): Promise<void> {
    const producer = (this.producer ??= new Producer({
      ...this.connection,
      idempotent: true,
      serializers: stringSerializers,
    }));
    try {
      await producer.send({ messages });
    } catch (error) {
      if (this.producer === producer) this.producer = undefined;
      await producer.close().catch(() => undefined); // Its connections may be gone already.
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.producer?.close();
  }
}

async function createTopic(admin: Admin, topic: string): Promise<void> {
  try {
    await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: -1 });
  } catch (error) {
    if (!(error instanceof Error) || !findErrorBy(error, 'apiId', 'TOPIC_ALREADY_EXISTS')) throw error;
  }
}

async function positions(admin: Admin, topic: string, groupId: string): ReturnType<BrokerClient['positions']> {
  const [oldest, next, committed] = await Promise.all([
    listOffsets(admin, topic, ListOffsetTimestamps.EARLIEST),
    listOffsets(admin, topic, ListOffsetTimestamps.LATEST),
    committedOffsets(admin, topic, groupId),
  ]);
  return [...next].map(([partition, offset]) => ({
    oldest: oldest.get(partition) ?? 0,
    next: offset,
    committed: committed.get(partition),
  }));
}

async function listOffsets(admin: Admin, topic: string, timestamp: bigint): Promise<Map<number, number>> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
  const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
  return new Map(listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
}

async function committedOffsets(admin: Admin, topic: string, groupId: string): Promise<Map<number, number>> {
  const partitionIndexes = Array.from({ length: PARTITIONS }, (_, index) => index);
  const [group] = await admin.listConsumerGroupOffsets({
    groups: [{ groupId, topics: [{ name: topic, partitionIndexes }] }],
  });
  const found = group?.topics.find(({ name }) => name === topic)?.partitions ?? [];
  return new Map(
    found
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]),
  );
}
