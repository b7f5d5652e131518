import { behavesLikeABus } from './behaviour.suite';
import { kafkaBackEnd } from '../test/kafka-back-end';

(process.env['KAFKA_BROKERS'] ? describe : describe.skip)('@platformatic/kafka (needs KAFKA_BROKERS)', () => {
  jest.setTimeout(60_000);
  behavesLikeABus('Kafka by @platformatic/kafka', () => kafkaBackEnd('platformatic'));
});
