import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { PARTITIONS } from '@stampede/contracts';
import { Kafka, logLevel } from 'kafkajs';
import type { Client } from 'pg';
import { openClient } from './database-client';
import type { LabShop } from './lab';

/** A message as the bus has it. */
export interface Message {
  readonly key: string;
  readonly payload: string;
}

/** The shop's bus as a stranger reaches it who may send anything. Close it. */
export interface LabBus {
  publish(topic: string, messages: readonly Message[]): Promise<void>;
  /** Up to `count` of the newest messages, oldest first. */
  latest(topic: string, count: number): Promise<Message[]>;
  close(): Promise<void>;
}

/** Kafka where the claim needs it, else the bus in PostgreSQL. */
export async function openLabBus(shop: LabShop, topic: string): Promise<LabBus> {
  const brokers = brokersOf(shop);
  return brokers === undefined ? EmbeddedLabBus.open(shop.postgres.url) : KafkaLabBus.open(brokers, topic);
}

function brokersOf(shop: LabShop): string | undefined {
  try {
    return shop.kafka.address;
  } catch {
    return undefined; // the claim needs none
  }
}

class EmbeddedLabBus implements LabBus {
  private constructor(private readonly client: Client) {}

  static async open(serverUrl: string): Promise<EmbeddedLabBus> {
    return new EmbeddedLabBus(await openClient(serverUrl, 'bus'));
  }

  async publish(topic: string, messages: readonly Message[]): Promise<void> {
    for (const { key, payload } of messages) {
      await this.client.query(APPEND, [topic, crc32(key) % PARTITIONS, payload]); // as the shop's own publishers
    }
    await this.client.query("select pg_notify('bus', $1)", [topic]);
  }

  async latest(topic: string, count: number): Promise<Message[]> {
    const { rows } = await this.client.query<Message>(LATEST, [topic, count]);
    return rows.toReversed();
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

const APPEND = `
  with locked as materialized (
    select partition, next_offset from topic_partition where topic = $1 and partition = $2 for update
  ), advanced as (
    update topic_partition t set next_offset = t.next_offset + 1 from locked
    where t.topic = $1 and t.partition = locked.partition
  )
  insert into event (topic, partition, event_offset, payload) select $1, partition, next_offset, $3 from locked`;

const LATEST = `
  select payload::jsonb ->> 'subject' as key, payload from event
  where topic = $1 and payload is json object order by published_at desc, event_offset desc limit $2`;

const KEPT_MESSAGES = 500;

class KafkaLabBus implements LabBus {
  private readonly read: Message[] = [];

  private constructor(private readonly kafka: ReturnType<typeof clients>) {}

  static async open(brokers: string, topic: string): Promise<KafkaLabBus> {
    const bus = new KafkaLabBus(clients(brokers));
    const { producer, consumer } = bus.kafka;
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => bus.keep(message) });
    return bus;
  }

  async publish(topic: string, messages: readonly Message[]): Promise<void> {
    await this.kafka.producer.send({ topic, messages: messages.map(({ key, payload }) => ({ key, value: payload })) });
  }

  async latest(_topic: string, count: number): Promise<Message[]> {
    return this.read.slice(-count);
  }

  async close(): Promise<void> {
    await Promise.all([this.kafka.producer.disconnect(), this.kafka.consumer.disconnect()]);
  }

  private keep({ key, value }: { key: Buffer | null; value: Buffer | null }): void {
    this.read.push({ key: String(key ?? ''), payload: String(value ?? '') });
    if (this.read.length > KEPT_MESSAGES) this.read.shift();
  }
}

function clients(brokers: string) {
  const kafka = new Kafka({ clientId: 'lab', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  return { producer: kafka.producer(), consumer: kafka.consumer({ groupId: `lab-${randomUUID()}` }) };
}
