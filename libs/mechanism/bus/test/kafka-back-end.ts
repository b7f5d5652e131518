import { PARTITIONS } from '@stampede/contracts';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import type { BackEnd } from '../src/behaviour.suite';
import { quietKafkajs } from '../src/kafka.quiet';

quietKafkajs();

/** The broker of KAFKA_BROKERS. */
export async function kafkaBackEnd(): Promise<BackEnd> {
  const kafkaBrokers = process.env['KAFKA_BROKERS'] ?? '';
  const kafka = new Kafka({ clientId: 'stranger', brokers: kafkaBrokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const admin = kafka.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  return {
    options: { kafkaBrokers },
    async publishRaw(topic, key, value) {
      await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true });
      await producer.send({ topic, messages: [{ key, value }] });
    },
    async close() {
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    },
  };
}
