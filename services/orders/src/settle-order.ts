import { Inject, Injectable } from '@nestjs/common';
import {
  FailureCode,
  orderEventTypes,
  type OrderEventData,
  type OrderStatus,
  type TimelineEntry,
} from '@stampede/contracts';
import type { Database, Tx } from '@stampede/db';
import type { OutboxRelay } from '@stampede/outbox';
import type { FinishedSaga, SagaMove } from '@stampede/saga';
import { CONFIG, DATABASE } from '@stampede/service-kit';
import { metricsOf } from '@stampede/telemetry';
import type { OrdersConfig } from './config';
import { endOfUndone } from './order';
import type { OrderSaga } from './order.saga';
import { appendTimeline, endOrder, type OrderRow } from './order.sql';
import { OUTBOX_RELAY } from './tokens';

/** What undoing a step is called on the timeline; confirming and capturing are undone by acts of their own. */
const COMPENSATIONS: Readonly<Record<string, TimelineEntry['step']>> = {
  'confirm-hold': 'release-seats',
  capture: 'refund',
};
const OUTCOMES: Readonly<Record<SagaMove<OrderSaga>['outcome'], TimelineEntry['outcome']>> = {
  done: 'done',
  rejected: 'declined',
  unknown: 'unknown',
  'not-happened': 'never',
  'timed-out': 'timed-out',
  compensated: 'done',
};

/**
 * How an order ends, and what is told of it: status, timeline and event are stored with the saga's move, or not at all.
 */
@Injectable()
export class SettleOrder {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(OUTBOX_RELAY) private readonly relay: OutboxRelay,
    @Inject(CONFIG) private readonly config: OrdersConfig,
  ) {}

  /** The saga's last step. */
  async confirm(tx: Tx, orderId: string): Promise<void> {
    await this.tell(tx, await endOrder(tx, orderId, 'confirmed'));
  }

  /** The saga turned back, and everything is undone. */
  async undone(tx: Tx, { id, state, failure }: FinishedSaga<OrderSaga>): Promise<void> {
    const failureCode = FailureCode.catch('deadline_passed').parse(failure?.code);
    const status = endOfUndone({ failureCode, refunded: state.refunded === true });
    await this.tell(
      tx,
      await endOrder(tx, id, status, { code: failureCode, detail: failure?.detail ?? 'the order was undone' }),
    );
  }

  async record(tx: Tx, { id, state, step, outcome }: SagaMove<OrderSaga>): Promise<void> {
    const compensation = outcome === 'compensated' ? COMPENSATIONS[step] : undefined;
    const told = { step: compensation ?? (step as TimelineEntry['step']), outcome: OUTCOMES[outcome] };
    if (outcome === 'rejected' && step === 'confirm-hold') told.outcome = 'lost';
    if (told.step === 'refund' && state.refunded !== true) told.outcome = 'never'; // there was nothing to give back
    await appendTimeline(tx, id, { at: new Date().toISOString(), ...told });
  }

  private tell(tx: Tx, row: OrderRow): Promise<void> {
    return this.tellAll(tx, [{ row }]);
  }

  /** Appends each order's event, in the trace it names or else the active one, and counts its state. */
  async tellAll(
    tx: Tx,
    orders: readonly { readonly row: OrderRow; readonly traceparent?: string | null }[],
  ): Promise<void> {
    const events = orders.map(({ row, ...trace }) => ({
      type: eventTypeOf(row.status),
      subject: row.order_id,
      data: eventData(row),
      ...trace,
    }));
    await this.relay.appendAll(tx, events);
    this.database.onCommit(tx, () => {
      for (const { row } of orders) metricsOf(this.config.service).count('orders', { state: row.status });
    });
  }
}

function eventTypeOf(status: OrderStatus): string {
  return status === 'pending' ? orderEventTypes.placed : orderEventTypes[status];
}

function eventData(order: OrderRow): OrderEventData {
  return {
    orderId: order.order_id,
    eventId: order.event_id,
    buyerId: order.buyer_id,
    status: order.status,
    category: order.category,
    quantity: order.seats.length,
    total: order.total,
    currency: order.currency,
    ...(order.failure_code === null ? {} : { failureCode: order.failure_code }),
  };
}
