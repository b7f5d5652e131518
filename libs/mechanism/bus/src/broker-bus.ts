import type { CloudEvent } from '@stampede/contracts';
import { groupIdOf, messageOf, type Publish } from './broker-delivery';
import { withDefaults } from './delivery';
import { readable } from './envelope';
import { KeptConsumer, type RunningConsumer } from './kept-consumer';
import type { Bus, SubscribeOptions, Subscription } from './port';

export type BrokerMessage = ReturnType<typeof messageOf>;

/** What differs between clients of Kafka. None of these waits for a broker without a limit. */
export interface BrokerClient {
  /** Creates the topic unless it is there. */
  createTopic(topic: string): Promise<void>;
  /** Resolves when all in-sync replicas have the messages. */
  send(topic: string, messages: BrokerMessage[]): Promise<void>;
  /** Resolves once the group has let the consumer in. */
  openConsumer(options: Required<SubscribeOptions>, publish: Publish, signal: AbortSignal): Promise<RunningConsumer>;
  /** The payloads that came last, `most` of each partition, in no order. */
  latest(topic: string, most: number): Promise<string[]>;
  /** The offset of the oldest event, the next offset, and the group's position if it has one, per partition. */
  positions(topic: string, groupId: string): Promise<{ oldest: number; next: number; committed: number | undefined }[]>;
  close(): Promise<void>;
}

/** The bus on Kafka. It opens although no broker answers; publishing rejects until one does. */
export class BrokerBus implements Bus {
  private readonly topics = new Set<string>();
  private readonly subscriptions = new Set<Subscription>();
  private closed: Promise<void> | undefined;

  /** Owns `client` from now on, and closes it. */
  constructor(private readonly client: BrokerClient) {}

  async publish(topic: string, events: readonly CloudEvent[]): Promise<void> {
    if (this.closed) throw new Error('the bus is closed');
    await this.send(topic, events);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const complete = withDefaults(options);
    const consumer = new KeptConsumer(complete, async (signal) => {
      await this.ensureTopic(complete.topic);
      return this.client.openConsumer(complete, (topic, events) => this.send(topic, events), signal);
    });
    this.subscriptions.add(consumer);
    await consumer.start();
    return consumer;
  }

  async lag(topic: string, group: string): Promise<number> {
    await this.ensureTopic(topic);
    const positions = await this.client.positions(topic, groupIdOf(group, topic));
    // A group without a position starts at the oldest event, and one that retention has overtaken goes on there.
    return positions.reduce((lag, { oldest, next, committed = 0 }) => lag + next - Math.max(committed, oldest), 0);
  }

  async latest(topic: string, most: number): Promise<CloudEvent[]> {
    await this.ensureTopic(topic);
    const payloads = await this.client.latest(topic, most);
    const events = payloads.map(readable).filter((event) => event !== null);
    return events.toSorted((a, b) => (a.time < b.time ? 1 : -1)).slice(0, most);
  }

  close(): Promise<void> {
    return (this.closed ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    // Subscriptions first: their last dead letters still need the client.
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop()));
    await this.client.close();
  }

  private async send(topic: string, events: readonly CloudEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.ensureTopic(topic);
    await this.client.send(topic, events.map(messageOf));
  }

  private async ensureTopic(topic: string): Promise<void> {
    if (this.topics.has(topic)) return;
    await this.client.createTopic(topic);
    this.topics.add(topic);
  }
}
