import { join } from 'node:path';
import { Inject, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Bus } from '@stampede/bus';
import { inventoryApi, paymentsApi } from '@stampede/contracts';
import { idempotencyMigration, type Database } from '@stampede/db';
import { OutboxRelay, outboxMigration } from '@stampede/outbox';
import { SagaRunner, sagaMigration, type SagaRunnerOptions } from '@stampede/saga';
import { BUS, CONFIG, DATABASE, GIVE_WAY, KeySweep, peersOf, type ServiceParts } from '@stampede/service-kit';
import { metricsOf, watchOutbox, watchSaga } from '@stampede/telemetry';
import { mitigated } from '@stampede/topology';
import type { OrdersConfig } from './config';
import { ListOrdersController } from './list-orders.controller';
import { orderSaga, type OrderPeers, type OrderSaga } from './order.saga';
import { OrderDesk } from './order-desk';
import { OrderWatch } from './order-watch';
import { PlaceOrderController } from './place-order.controller';
import { ReadOrderController } from './read-order.controller';
import { SagaPace } from './saga-pace';
import { SettleOrder } from './settle-order';
import { StreamOrderController } from './stream-order.controller';
import { OUTBOX_RELAY, PEERS, SAGA_RUNNER } from './tokens';

function makePeers(config: OrdersConfig): OrderPeers {
  // The saga retries by itself, and the gateway repeats what it may: another layer of retries would multiply them.
  return peersOf(
    config,
    { inventory: inventoryApi, payments: paymentsApi },
    {
      inventory: { retries: false },
      payments: { retries: false },
    },
  );
}

/** While buyers are refused, what became of accepted orders is told once a second. */
const GATHER_MS = 1_000;

function makeRelay(database: Database, bus: Bus, config: OrdersConfig, giveWay: () => boolean): OutboxRelay {
  const direct = mitigated('outbox', false, true, config.env);
  return new OutboxRelay(database, bus, { source: config.service, direct, restMs: () => (giveWay() ? GATHER_MS : 0) });
}

/** What tests alone may set of a runner. */
type ForTests = Pick<SagaRunnerOptions<OrderSaga>, 'clock' | 'crashPoint'>;

/** Of an order's time, the share after which it waits no longer for those who are still to be accepted. */
const PATIENCE = 0.25;

/** Whoever drives orders does it like this; tests as well, with a clock and crashes of theirs. */
export function makeRunner(
  database: Database,
  config: OrdersConfig,
  peers: OrderPeers,
  settle: SettleOrder,
  { giveWay = () => false, ...forTests }: ForTests & { giveWay?: () => boolean } = {},
): SagaRunner<OrderSaga> {
  const pace = new SagaPace({
    most: config.ORDERS_SAGA_CONCURRENCY,
    giveWay,
    oldestAgeMs: async () => (await runner.stats()).oldestAgeMs,
    patienceMs: config.ORDERS_DEADLINE_MS * PATIENCE,
  });
  const runner: SagaRunner<OrderSaga> = new SagaRunner(database, orderSaga(peers, settle, config.env), {
    ...forTests,
    workerId: config.instance,
    deadlineMs: config.ORDERS_DEADLINE_MS,
    leaseMs: config.ORDERS_SAGA_LEASE_MS,
    concurrency: () => pace.room(),
    resume: mitigated('resume-sagas', true, false, config.env),
    forget: ['paymentToken'],
    onMove: (tx, move) => settle.record(tx, move),
    onFinished: async (tx, finished) => {
      if (finished.outcome === 'compensated') await settle.undone(tx, finished);
    },
  });
  return runner;
}

function makeOwnRunner(
  database: Database,
  config: OrdersConfig,
  peers: OrderPeers,
  settle: SettleOrder,
  giveWay: () => boolean,
): SagaRunner<OrderSaga> {
  return makeRunner(database, config, peers, settle, { giveWay });
}

@Module({
  controllers: [PlaceOrderController, ListOrdersController, ReadOrderController, StreamOrderController],
  providers: [
    SettleOrder,
    OrderDesk,
    OrderWatch,
    KeySweep,
    { provide: PEERS, useFactory: makePeers, inject: [CONFIG] },
    { provide: OUTBOX_RELAY, useFactory: makeRelay, inject: [DATABASE, BUS, CONFIG, GIVE_WAY] },
    { provide: SAGA_RUNNER, useFactory: makeOwnRunner, inject: [DATABASE, CONFIG, PEERS, SettleOrder, GIVE_WAY] },
  ],
})
export class OrdersModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(CONFIG) private readonly config: OrdersConfig,
    @Inject(OUTBOX_RELAY) private readonly relay: OutboxRelay,
    @Inject(SAGA_RUNNER) private readonly saga: SagaRunner<OrderSaga>,
  ) {}

  onApplicationBootstrap(): void {
    const metrics = metricsOf(this.config.service);
    watchSaga(metrics, 'order', this.saga);
    watchOutbox(metrics, this.relay);
    this.relay.start();
    this.saga.run();
  }

  /** The relay last: what the last steps appended is published before the process goes. */
  async onModuleDestroy(): Promise<void> {
    await this.saga.stop();
    await this.relay.stop();
  }
}

export const parts: ServiceParts = {
  module: OrdersModule,
  migrations: [idempotencyMigration, sagaMigration, outboxMigration, join(__dirname, '..', 'migrations')],
};
