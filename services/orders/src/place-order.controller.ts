import { Controller, Headers, Inject } from '@nestjs/common';
import { ordersApi, type Hold, type InputOf, type Order } from '@stampede/contracts';
import { IdempotencyStore, uuidv7, type Database } from '@stampede/db';
import { UnknownOutcome, type Budget } from '@stampede/resilience';
import {
  Answer,
  CONFIG,
  Caller,
  DATABASE,
  Handle,
  IdempotencyKey,
  Input,
  RequestBudget,
  Unavailable,
  keyed,
  preferredWaitSeconds,
  type CallerIdentity,
  type KeyClaim,
  type Success,
} from '@stampede/service-kit';
import { activeTraceparent } from '@stampede/telemetry';
import { mitigated } from '@stampede/topology';
import type { OrdersConfig } from './config';
import { isTerminal } from './order';
import type { OrderPeers } from './order.saga';
import { orderView } from './order.sql';
import { OrderDesk, type Accepted } from './order-desk';
import { OrderWatch } from './order-watch';
import { PEERS } from './tokens';

const route = ordersApi.routes.placeOrder;
type Request = InputOf<typeof route>;
const SECOND_MS = 1_000;
/** While an answer waits for its order's end, repeats are told so; a crash must free the key within 5 s. */
const IN_FLIGHT_MS = 4_000;
const RENEW_MS = 1_000;

const asGiven = (key: string): string => key;
/** For the control of a claim: no key is the same as another. */
const asNew = (): string => uuidv7();

interface Wish {
  readonly buyerId: string;
  readonly request: Request;
  readonly inFlightMs: number;
}

@Controller()
export class PlaceOrderController {
  private readonly keys: IdempotencyStore;
  private readonly remembered: (key: string) => string;

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(CONFIG) private readonly config: OrdersConfig,
    @Inject(PEERS) private readonly peers: OrderPeers,
    private readonly desk: OrderDesk,
    private readonly watch: OrderWatch,
  ) {
    this.keys = new IdempotencyStore(database);
    this.remembered = mitigated('remember-order-key', asGiven, asNew, config.env);
  }

  /** Accepts an order: from here the saga finishes it. With `Prefer: wait=N` the answer waits for that. */
  @Handle(route, { priority: 'critical' })
  async place(
    @Input(route) request: Request,
    @Caller() buyer: CallerIdentity,
    @IdempotencyKey() key: string,
    @RequestBudget() budget: Budget,
    @Headers('prefer') prefer: string | undefined,
  ): Promise<Answer<Order>> {
    const waitSeconds = preferredWaitSeconds(prefer);
    const call = { caller: buyer.id, route, key: this.remembered(key), request };
    let waited = false;
    const answer = await keyed<Order>(this.keys, call, async (claim) => {
      const inFlightMs = waitSeconds === undefined ? 0 : IN_FLIGHT_MS;
      const placed = await this.accept(claim, { buyerId: buyer.id, request, inFlightMs }, budget);
      if (waitSeconds === undefined) return placed.success;
      waited = true;
      // The order is accepted: that the wait went wrong must not be told as if it were not.
      return this.finished(claim, placed, waitSeconds).catch(() => placed.success);
    });
    if (!waited) return answer; // a replay waits for nothing
    const headers = { ...answer.options.headers, 'preference-applied': `wait=${waitSeconds}` };
    return new Answer(answer.body, { ...answer.options, headers });
  }

  private async accept(claim: KeyClaim, { buyerId, request, inFlightMs }: Wish, budget: Budget): Promise<Accepted> {
    const orderId = claim.resourceId;
    const hold = await this.claimHold({ holdId: request.holdId, buyerId, orderId }, budget);
    const { holdId, eventId, category, seats, quote } = hold;
    const { total, currency } = quote;
    const deadlineMs = this.config.ORDERS_DEADLINE_MS;
    const accepted = await this.desk.accept(
      {
        order: { orderId, buyerId, eventId, holdId, category, seats, total, currency, deadlineMs },
        saga: {
          holdId,
          eventId,
          category,
          quantity: seats.length,
          amount: total,
          currency,
          paymentToken: request.paymentToken,
        },
        owner: claim.owner,
        inFlightMs,
        traceparent: activeTraceparent() ?? null,
      },
      budget,
    );
    claim.completed();
    return accepted;
  }

  /**
   * Outside of any transaction. Repeating it for the same order changes nothing, so a lost answer is no more than "not
   * now".
   */
  private async claimHold(claim: { holdId: string; buyerId: string; orderId: string }, budget: Budget): Promise<Hold> {
    try {
      return await this.peers.inventory.claimHold(claim, { budget, priority: 'critical', idempotent: true });
    } catch (error) {
      if (error instanceof UnknownOutcome)
        throw new Unavailable('inventory cannot be reached; nothing was ordered', undefined, { cause: error });
      throw error;
    }
  }

  /** The order at its end, with 201, where that comes in time; the stored answer becomes the one that is sent. */
  private async finished(claim: KeyClaim, placed: Accepted, waitSeconds: number): Promise<Success<Order>> {
    const end = AbortSignal.timeout(waitSeconds * SECOND_MS);
    let { row } = placed;
    while (!isTerminal(row.status) && !end.aborted) {
      const pause = AbortSignal.any([end, AbortSignal.timeout(RENEW_MS)]);
      row = (await this.watch.next(row.order_id, row.version, pause)) ?? row;
      if (!isTerminal(row.status)) await claim.stayInFlight(end.aborted ? 0 : IN_FLIGHT_MS);
    }
    if (!isTerminal(row.status)) return placed.success;
    return claim.amend({ ...placed.success, status: 201, body: orderView(row) });
  }
}
