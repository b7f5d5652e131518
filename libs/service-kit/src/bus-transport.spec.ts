import { Controller, Inject, Module } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { Bus, Delivery } from '@stampede/bus';
import type { CloudEvent } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { activeTraceId } from '@stampede/telemetry';
import { BUS, defineSettings } from './index';
import { openService, type RunningService } from './testing';

const TOPIC = 'stampede.orders';
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const seen: { sequence: number; attempt: number; traceId: string | undefined }[] = [];
let onSeen = (): void => undefined;

@Controller()
class OrdersConsumer {
  constructor(@Inject(BUS) readonly bus: Bus) {}

  @EventPattern(TOPIC)
  async apply(@Payload() event: CloudEvent, @Ctx() delivery: unknown): Promise<void> {
    const { attempt } = delivery as Delivery;
    seen.push({ sequence: event.sequence, attempt, traceId: activeTraceId() });
    onSeen();
    if (event.sequence === 2 && attempt === 1) throw new Error('once');
  }
}

@Module({ controllers: [OrdersConsumer] })
class NotificationsModule {}

let database: TestDatabase;
let service: RunningService;

beforeAll(async () => {
  database = await testDatabase('bus');
  service = await openService({
    settings: defineSettings('notifications', {}, { bus: true }),
    load: () => ({ module: NotificationsModule }),
    env: { BUS_DATABASE_URL: database.url },
  });
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

const event = (sequence: number): CloudEvent => ({
  ...{
    specversion: '1.0',
    id: uuidv7(),
    type: 'stampede.order.placed',
    source: 'orders',
    time: new Date().toISOString(),
  },
  ...{ subject: 'o1', sequence, dataversion: '1', data: {}, traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` },
});

test('events reach the handler in order, in their trace, and come again when it fails', async () => {
  const three = Promise.withResolvers<void>();
  onSeen = () => {
    if (seen.at(-1)?.sequence === 3) three.resolve();
  };
  await service.app.get<Bus>(BUS).publish(TOPIC, [event(1), event(2), event(3)]);
  await three.promise;
  expect(seen.map(({ sequence, attempt }) => [sequence, attempt])).toEqual([
    [1, 1],
    [2, 1],
    [2, 2],
    [3, 1],
  ]);
  expect(new Set(seen.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
});
