import { migrate, uuidv7 } from '@stampede/db';
import { type TestDatabase, testDatabase } from '@stampede/db/testing';
import { OutboxRelay, outboxMigration } from '../src';
import { RecordingBus } from './recording-bus';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase('outbox_direct');
  await migrate(db.database, [outboxMigration]);
});
afterAll(() => db.drop());

test('a lab that publishes past the outbox loses what the bus does not take', async () => {
  const bus = new RecordingBus();
  const relay = new OutboxRelay(db.database, bus, { source: 'orders', direct: true });
  const append = (subject: string) =>
    db.database.transaction((tx) => relay.append(tx, { type: 'order.changed', subject, data: {} }));
  const [lost, kept] = [uuidv7(), uuidv7()];
  bus.before = async (events) => {
    if (events[0]?.subject === lost) throw new Error('the bus is down');
  };
  relay.start();
  await append(lost);
  await append(kept);
  await relay.stop();
  expect(await relay.stats()).toMatchObject({ unpublished: 0 });
  expect(bus.published.map(({ event }) => event)).toMatchObject([{ subject: kept, sequence: 1 }]);
});
