import { Inject, Injectable } from '@nestjs/common';
import { PUBLIC_PREFIX, type Order } from '@stampede/contracts';
import { completeClaims, type Database, type KeyOwner, type Tx } from '@stampede/db';
import { BudgetSpent, type Budget } from '@stampede/resilience';
import type { SagaRunner } from '@stampede/saga';
import { DATABASE, Refused, type Success } from '@stampede/service-kit';
import { HoldUsed } from './errors';
import type { OrderSaga } from './order.saga';
import { insertOrders, orderView, type NewOrder, type OrderRow } from './order.sql';
import { SettleOrder } from './settle-order';
import { SAGA_RUNNER } from './tokens';

/** An order that may be accepted, with the key its answer is stored under. */
export interface Acceptable {
  readonly order: NewOrder;
  readonly saga: OrderSaga;
  readonly owner: KeyOwner;
  /** How long repeats are told that this request is in flight still, because its answer waits for the order's end. */
  readonly inFlightMs: number;
  /** Of the request; its saga and its events go on in it. */
  readonly traceparent: string | null;
}

export interface Accepted {
  readonly row: OrderRow;
  readonly success: Success<Order>;
}

interface Waiting {
  readonly acceptable: Acceptable;
  readonly budget: Budget | undefined;
  readonly accept: (accepted: Accepted) => void;
  readonly refuse: (error: unknown) => void;
}

/** One commit for that many orders: the disk is waited for once. */
const BATCH = 32;
/** While one batch waits for its commit, another is written. */
const BATCHES_AT_ONCE = 2;

/**
 * Accepts orders in batches: order, saga, event and answer of each are stored in one transaction, and those who came
 * while one was under way share the next. A lone order waits for nobody.
 */
@Injectable()
export class OrderDesk {
  private readonly waiting: Waiting[] = [];
  private running = 0;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(SAGA_RUNNER) private readonly saga: SagaRunner<OrderSaga>,
    private readonly settle: SettleOrder,
  ) {}

  /**
   * @throws hold_used, idempotency_in_flight (another request took the key over), budget_spent; nothing is stored then
   */
  accept(acceptable: Acceptable, budget?: Budget): Promise<Accepted> {
    return new Promise((accept, refuse) => {
      this.waiting.push({ acceptable, budget, accept, refuse });
      this.serve();
    });
  }

  private serve(): void {
    while (this.running < BATCHES_AT_ONCE && this.waiting.length > 0) {
      const batch = this.waiting.splice(0, BATCH).filter(inTime);
      if (batch.length === 0) continue;
      this.running += 1;
      void this.run(batch).finally(() => {
        this.running -= 1;
        this.serve();
      });
    }
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    try {
      const accepted = await this.database.transaction((tx) => this.store(tx, batch));
      for (const { acceptable, accept, refuse } of batch) {
        const mine = accepted.get(acceptable);
        if (mine === undefined) refuse(new HoldUsed());
        else accept(mine);
      }
    } catch (error) {
      if (!(error instanceof KeysLost)) for (const { refuse } of batch) refuse(error);
      else await this.run(withoutLost(batch, error.lost));
    }
  }

  private async store(tx: Tx, batch: readonly Waiting[]): Promise<Map<Acceptable, Accepted>> {
    const rows = await insertOrders(
      tx,
      batch.map(({ acceptable }) => acceptable.order),
    );
    const stored = batch.flatMap(({ acceptable }) => {
      const row = rows.get(acceptable.order.orderId);
      return row === undefined ? [] : [{ acceptable, row, success: successOf(row) }];
    });
    if (stored.length === 0) return new Map();
    await this.saga.startAll(
      tx,
      stored.map(({ acceptable: { order, saga, traceparent } }) => ({ id: order.orderId, state: saga, traceparent })),
    );
    await this.settle.tellAll(
      tx,
      stored.map(({ row, acceptable: { traceparent } }) => ({ row, traceparent })),
    );
    const completed = await completeClaims(
      tx,
      stored.map(({ acceptable: { owner, inFlightMs }, success: answer }) => ({ owner, answer, inFlightMs })),
    );
    const lost = stored.filter(({ acceptable: { owner } }) => !completed.has(owner.claimId));
    if (lost.length > 0) throw new KeysLost(lost.map(({ acceptable }) => acceptable));
    return new Map(stored.map(({ acceptable, row, success }) => [acceptable, { row, success }]));
  }
}

/** An order whose buyer's time is up is dropped, not stored. */
function inTime({ budget, refuse }: Waiting): boolean {
  if (budget?.spent !== true) return true;
  refuse(new BudgetSpent());
  return false;
}

/** Somebody took over the keys of some: the batch is rolled back, and goes again without them. */
class KeysLost extends Error {
  constructor(readonly lost: readonly Acceptable[]) {
    super('keys were taken over');
  }
}

function withoutLost(batch: readonly Waiting[], lost: readonly Acceptable[]): Waiting[] {
  for (const { acceptable, refuse } of batch) {
    if (lost.includes(acceptable))
      refuse(new Refused('idempotency_in_flight', 'another request goes on with this key'));
  }
  return batch.filter(({ acceptable }) => !lost.includes(acceptable));
}

function successOf(row: OrderRow): Success<Order> {
  return { status: 202, body: orderView(row), location: `${PUBLIC_PREFIX}/orders/${row.order_id}` };
}
