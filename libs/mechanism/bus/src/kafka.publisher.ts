import { Partitioners, type Kafka, type Message, type Producer, type RetryOptions } from 'kafkajs';

/**
 * Sends with an idempotent producer. A producer that failed is replaced: what the broker made of its last batch is
 * unknown, and so is whether the broker would still accept its sequence numbers.
 */
export class KafkaPublisher {
  private producer: Promise<Producer> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly retry: RetryOptions,
  ) {}

  /** Resolves when all in-sync replicas have the messages. Rejects when that is not known. */
  async send(topic: string, messages: Message[]): Promise<void> {
    const opening = (this.producer ??= this.connect());
    try {
      const producer = await opening;
      await producer.send({ topic, messages, acks: -1 });
    } catch (error) {
      if (this.producer === opening) this.producer = undefined;
      void disconnect(opening);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.producer) await disconnect(this.producer);
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: this.retry,
    });
    await producer.connect();
    return producer;
  }
}

async function disconnect(opening: Promise<Producer>): Promise<void> {
  try {
    const producer = await opening;
    await producer.disconnect();
  } catch {
    // It never connected, or its connection is gone already: either is what was wanted.
  }
}
