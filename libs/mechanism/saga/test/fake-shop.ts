import { type Database, type Tx, uuidv7 } from '@stampede/db';
import { sql } from 'kysely';
import { Rejected, SagaRunner, UnknownOutcome, notHappened, saga, step } from '../src';
import type { SagaRunnerOptions } from '../src';

export interface Sale {
  paymentToken: string;
  captured?: boolean;
}

/** What the card does, as in the contract's payment provider. */
export type Card =
  | 'tok_ok'
  | 'tok_declined'
  | 'tok_lost_response' // captured, the reply is lost
  | 'tok_lost_request' // not captured, and the reply is lost as well
  | 'tok_error_once' // an error the first time, nothing captured
  | 'tok_down' // the provider cannot be reached, nothing captured
  | 'tok_silent' // captured, but only after the deadline; until then the provider answers no question either
  | 'inventory_mute'; // the card is fine; inventory confirms the hold, but its replies are lost

export const DEADLINE_MS = 12_000;
export const LEASE_MS = 3_000;

/**
 * A shop with the least that can go wrong: inventory and provider are outside (they survive every crash), orders are
 * in the database. The provider charges each time it is called: only asking before calling again keeps a card from
 * being charged twice.
 */
export class FakeShop {
  nowMs = Date.parse('2026-06-11T18:00:00Z');
  readonly sold = new Set<string>();
  readonly released = new Set<string>();
  /** Order and the time from which the money is gone. */
  readonly captures: { id: string; atMs: number }[] = [];
  readonly refunds = new Set<string>();
  readonly refused = new Set<string>();
  readonly tried = new Set<string>();

  constructor(readonly database: Database) {}

  static async createTables(database: Database): Promise<void> {
    await sql`create table fake_order (id uuid primary key, status text not null default 'pending')`.execute(
      database.kysely,
    );
    await sql`create table fake_ticket (order_id uuid not null)`.execute(database.kysely);
    await sql`create table fake_event (order_id uuid not null, status text not null)`.execute(database.kysely);
  }

  readonly definition = saga<Sale>('order', [
    step('confirm-hold', {
      run: async ({ id, state }) => {
        if (this.released.has(id)) {
          throw new Rejected('hold_lost', 'the hold was given back');
        }
        this.sold.add(id);
        if (state.paymentToken === 'inventory_mute') {
          throw new Error('connection reset');
        }
      },
      compensate: async ({ id }) => {
        this.released.add(id);
        this.sold.delete(id);
      },
    }),
    step('capture', {
      run: async ({ id, state }) => {
        this.capture(id, state.paymentToken as Card);
        return { state: { captured: true } };
      },
      compensate: async ({ id }) => {
        if (this.hasCaptured(id)) {
          this.refunds.add(id);
          return { state: { captured: true } };
        }
        return undefined;
      },
      onUnknown: async ({ id, state, remainingMs }) => {
        if (state.paymentToken === 'tok_silent' && !this.hasCaptured(id) && remainingMs > -2 * LEASE_MS) {
          throw new Error('no answer');
        }
        if (this.hasCaptured(id)) {
          return { state: { captured: true } };
        }
        this.refused.add(id); // "404 is final": this key is refused from then on
        return notHappened;
      },
    }),
    step('issue-tickets', {
      run: async ({ id }) => ({
        commit: async (tx) => {
          await sql`insert into fake_ticket (order_id) values (${id})`.execute(tx);
        },
      }),
      pivot: true,
    }),
    step('settle', { run: async ({ id }) => ({ commit: (tx) => this.settle(tx, id, 'confirmed') }) }),
  ]);

  runner(workerId: string, options: Partial<SagaRunnerOptions<Sale>> = {}): SagaRunner<Sale> {
    return new SagaRunner<Sale>(this.database, this.definition, {
      workerId,
      deadlineMs: DEADLINE_MS,
      leaseMs: LEASE_MS,
      forget: ['paymentToken'],
      clock: () => new Date(this.nowMs),
      random: () => 0,
      onFinished: async (tx, { id, state, outcome, failure }) => {
        if (outcome === 'compensated') {
          const declined = failure?.code === 'card_declined' ? 'declined' : 'cancelled';
          await this.settle(tx, id, state.captured ? 'refunded' : declined);
        }
      },
      ...options,
    });
  }

  async placeOrder(runner: SagaRunner<Sale>, card: Card): Promise<string> {
    const id = uuidv7();
    await this.database.transaction(async (tx) => {
      await sql`insert into fake_order (id) values (${id})`.execute(tx);
      await runner.start(tx, id, { paymentToken: card });
    });
    return id;
  }

  /** Lets time pass, without waiting, until no saga is open, or until the runner is `dead`. */
  async finish(runner: SagaRunner<Sale>, dead: () => boolean = () => false): Promise<void> {
    for (let rounds = 0; rounds < 20; rounds++) {
      await runner.drain();
      if (dead() || (await runner.stats()).open === 0) {
        return;
      }
      this.nowMs += LEASE_MS + 1;
    }
    throw new Error('a saga is still open long after its deadline');
  }

  /** What the outside and the database say of an order, when all is over. */
  async ledger(id: string) {
    const { rows } = await sql<{ status: string; tickets: number; events: string[]; state: Sale; finished: boolean }>`
      select o.status, (select count(*)::int from fake_ticket t where t.order_id = o.id) as tickets,
             array(select e.status from fake_event e where e.order_id = o.id) as events,
             s.state, s.finished_at is not null as finished
      from fake_order o join saga s on s.name = 'order' and s.id = o.id where o.id = ${id}`.execute(
      this.database.kysely,
    );
    const captures = this.captures.filter((capture) => capture.id === id).length; // those still to come as well
    return { ...rows[0]!, captures, refunded: this.refunds.has(id), seatSold: this.sold.has(id) };
  }

  private hasCaptured(id: string): boolean {
    return this.captures.some((capture) => capture.id === id && capture.atMs <= this.nowMs);
  }

  private capture(id: string, card: Card): void {
    const first = !this.tried.has(id);
    this.tried.add(id);
    if (card === 'tok_down' || (card === 'tok_error_once' && first)) {
      throw new Error('503');
    }
    if (card === 'tok_declined' || this.refused.has(id)) {
      throw new Rejected('card_declined', 'the provider refused');
    }
    if (card === 'tok_lost_request') {
      throw new UnknownOutcome('connection reset');
    }
    this.captures.push({ id, atMs: card === 'tok_silent' ? this.nowMs + DEADLINE_MS + LEASE_MS : this.nowMs });
    if (card === 'tok_lost_response' || card === 'tok_silent') {
      throw new UnknownOutcome('connection reset');
    }
  }

  private async settle(tx: Tx, id: string, status: string): Promise<void> {
    await sql`update fake_order set status = ${status} where id = ${id}`.execute(tx);
    await sql`insert into fake_event (order_id, status) values (${id}, ${status})`.execute(tx);
  }
}
