import { sql, type Kysely } from 'kysely';
import { ClaimLost } from './idempotency.errors';
import type { Database, Tx } from './port';

/** An answer as a client saw it. */
export interface StoredAnswer {
  readonly status: number;
  /** JSON, or undefined for an empty body. */
  readonly body: unknown;
  readonly location?: string;
}

/** The answer that was given before. */
export interface Replay {
  readonly kind: 'replay';
  readonly answer: StoredAnswer;
}

/** Which row, and in whose hands. Plain data: a claim may go to another process, see `IdempotencyStore.resume`. */
export interface KeyOwner {
  readonly caller: string;
  readonly route: string;
  readonly key: string;
  readonly claimId: string;
}

/**
 * The right to answer a key until the lease ends or somebody takes it over. Ends with `complete`, `store` or
 * `release`.
 */
export class Claim {
  readonly kind = 'claim';

  constructor(
    private readonly database: Database,
    readonly owner: KeyOwner,
    /** Id for what the request makes, the same through take-overs: look for it before making it when `takenOver`. */
    readonly resourceId: string,
    /** An earlier worker died, or gave the key back, under the same request; it may have made the thing. */
    readonly takenOver: boolean,
  ) {}

  /** Stores the answer in the transaction of its effect: both or neither. @throws ClaimLost */
  async complete(tx: Tx, answer: StoredAnswer): Promise<void> {
    await this.write(tx, answer, sql`status is null`);
  }

  /** Stores an answer that has no effect to commit with, such as a final 404 or 409. @throws ClaimLost */
  async store(answer: StoredAnswer): Promise<void> {
    await this.write(this.database.kysely, answer, sql`status is null`);
  }

  /** Replaces the answer of this claim after it was completed: a better one has been sent. @throws ClaimLost */
  async amend(answer: StoredAnswer): Promise<void> {
    await this.write(this.database.kysely, answer, sql`status is not null`);
  }

  /**
   * For an answer that is stored but not sent yet: repeats are told that the first is in flight for `ms` more; 0
   * ends that. A crash ends it too, and the stored answer counts then.
   */
  async stayInFlight(ms: number): Promise<void> {
    await sql`
      update idempotency_key set claimed_until = clock_timestamp() + ${ms} * interval '1 ms'
      where ${this.mine()} and status is not null`.execute(this.database.kysely);
  }

  /**
   * Gives the key back without an answer, for one that is not to be stored (5xx): the next request with the key runs
   * at once. Does nothing when the claim was completed or lost.
   */
  async release(): Promise<void> {
    await sql`
      update idempotency_key set claimed_until = null
      where ${this.mine()} and status is null`.execute(this.database.kysely);
  }

  private async write(
    // oxlint-disable-next-line no-explicit-any -- a pool or a transaction, whatever else the caller keeps in it
    executor: Kysely<any>,
    answer: StoredAnswer,
    state: ReturnType<typeof sql>,
  ): Promise<void> {
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    const written = await sql`
      update idempotency_key
      set status = ${answer.status}, body = ${body}, location = ${answer.location ?? null}, claimed_until = null
      where ${this.mine()} and ${state}`.execute(executor);
    if (written.numAffectedRows !== 1n) throw new ClaimLost();
  }

  private mine(): ReturnType<typeof sql> {
    const { caller, route, key, claimId } = this.owner;
    return sql`caller = ${caller} and route = ${route} and key = ${key} and claim_id = ${claimId}`;
  }
}

/**
 * Completes many claims in one statement, in the transaction of their effects. Returns the `claimId`s that were still
 * held; the effect of any other must be undone in this transaction.
 */
export async function completeClaims(
  tx: Tx,
  completions: readonly {
    readonly owner: KeyOwner;
    readonly answer: StoredAnswer;
    /** As `Claim.stayInFlight`; default 0. */
    readonly inFlightMs?: number;
  }[],
): Promise<ReadonlySet<string>> {
  const rows = completions.map(({ owner, answer, inFlightMs = 0 }) => ({
    ...owner,
    status: answer.status,
    // as text: a json value inside of jsonb would lose the order of its fields
    body: answer.body === undefined ? null : JSON.stringify(answer.body),
    location: answer.location ?? null,
    inFlightMs,
  }));
  const written = await sql<{ claim_id: string }>`
    update idempotency_key as held
    set status = done.status, body = done.body::json, location = done.location,
      claimed_until = case
        when done."inFlightMs" > 0 then clock_timestamp() + done."inFlightMs" * interval '1 ms' end
    from json_to_recordset(${JSON.stringify(rows)}::json) as done(
      caller text, route text, key text, "claimId" uuid, status smallint, body text, location text,
      "inFlightMs" integer)
    where held.caller = done.caller and held.route = done.route and held.key = done.key
      and held.claim_id = done."claimId" and held.status is null
    returning held.claim_id`.execute(tx);
  return new Set(written.rows.map(({ claim_id }) => claim_id));
}
