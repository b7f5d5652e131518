import { behavesLikeABus } from './behaviour.suite';
import { kafkaBackEnd } from '../test/kafka-back-end';

(process.env['KAFKA_BROKERS'] ? describe : describe.skip)('kafkajs (needs KAFKA_BROKERS)', () => {
  jest.setTimeout(60_000);
  behavesLikeABus('Kafka by kafkajs', kafkaBackEnd);
});
