import type { Tx } from '@stampede/db';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Failure } from './definition';
import type { SagaRunnerOptions } from './options';

/** What is known of the attempts so far at the present step; see the migration. */
export type Doubt = 'none' | 'failed' | 'unknown';
export type Direction = 'forward' | 'backward';

/** A saga as one worker holds it. */
export interface SagaRow<State> {
  readonly id: string;
  readonly state: State;
  readonly step: string;
  readonly direction: Direction;
  readonly doubt: Doubt;
  readonly attempts: number;
  readonly failure: Failure | null;
  readonly traceparent: string | null;
  readonly leaseToken: number;
  /** Until the deadline, by the clock of the store, when the row was read. */
  readonly remainingMs: number;
}

/** `orphaned`: its last worker was lost. */
export type ClaimedRow<State> = SagaRow<State> & { readonly orphaned: boolean };

/** Where a saga stands after a move. Attempts and doubt are those of the (new) present step. */
export interface Position {
  readonly step: string;
  readonly direction: Direction;
  readonly doubt: Doubt;
  readonly attempts: number;
  readonly failure: Failure | null;
}

// oxlint-disable-next-line no-explicit-any -- the table is this lib's own; a service's schema type does not list it
type Connection = Kysely<any> | Tx;

/**
 * The statements on table `saga` for one definition, one a method. Times are the database's, which all replicas
 * share; a clock is given by tests only. Each write by a worker names its lease token and answers null or false once
 * another worker has the saga.
 */
export class SagaStore<State> {
  private readonly madeAt = new Date();

  constructor(
    private readonly name: string,
    private readonly steps: readonly string[],
    private readonly options: Pick<SagaRunnerOptions<State>, 'clock' | 'resume'> = {},
  ) {}

  async insertAll(
    tx: Tx,
    sagas: readonly { id: string; state: State; traceparent: string | null }[],
    deadlineMs: number,
  ): Promise<void> {
    await sql`
      insert into saga (name, id, state, step, traceparent, started_at, due_at, deadline_at)
      select ${this.name}, id, state, ${this.steps[0]}, traceparent,
             ${this.now()}, ${this.now()}, ${this.later(deadlineMs)}
      from jsonb_to_recordset(${JSON.stringify(sagas)}::jsonb)
        as started (id uuid, state jsonb, traceparent text)`.execute(tx);
  }

  /**
   * Leases up to `limit` due sagas. One whose last worker was lost may have done its present step: its doubt becomes
   * `unknown`.
   */
  async claim(connection: Connection, limit: number, workerId: string, leaseMs: number): Promise<ClaimedRow<State>[]> {
    const { rows } = await sql<ClaimedRow<State>>`
      with due as materialized (
        select id, leased_by is not null as orphaned from saga
        where name = ${this.name} and finished_at is null and due_at <= ${this.now()}
          and step = any(${this.steps}::text[]) and ${this.mayDrive()}
        order by due_at limit ${limit} for update skip locked)
      update saga s set lease_token = lease_token + 1, leased_by = ${workerId}, due_at = ${this.later(leaseMs)},
        attempts = attempts + due.orphaned::int, doubt = case when due.orphaned then 'unknown' else doubt end
      from due where s.name = ${this.name} and s.id = due.id
      returning due.orphaned, ${this.columns()}`.execute(connection);
    return rows;
  }

  /** The leases that still are this worker's get `leaseMs` from now; returns their ids. */
  async renew(
    connection: Connection,
    leases: readonly { id: string; leaseToken: number }[],
    leaseMs: number,
  ): Promise<string[]> {
    const ids = leases.map((lease) => lease.id);
    const tokens = leases.map((lease) => lease.leaseToken);
    const { rows } = await sql<{ id: string }>`
      update saga s set due_at = ${this.later(leaseMs)}
      from unnest(${ids}::uuid[], ${tokens}::int[]) as held (id, token)
      where s.name = ${this.name} and s.id = held.id and s.lease_token = held.token and s.leased_by is not null
      returning s.id`.execute(connection);
    return rows.map((row) => row.id);
  }

  /** Moves the saga and keeps the lease. Null if the lease is lost. */
  async move(
    connection: Connection,
    row: SagaRow<State>,
    to: Position,
    patch: Partial<State>,
    leaseMs: number,
  ): Promise<SagaRow<State> | null> {
    const { rows } = await sql<SagaRow<State>>`
      update saga s set step = ${to.step}, direction = ${to.direction}, doubt = ${to.doubt}, attempts = ${to.attempts},
        failure = ${json(to.failure)}, state = state || ${json(patch)}, due_at = ${this.later(leaseMs)}
      where ${this.held(row)} returning ${this.columns()}`.execute(connection);
    return rows[0] ?? null;
  }

  /** Ends the saga and takes the keys `forget` out of its state. False if the lease is lost. */
  async finish(
    connection: Connection,
    row: SagaRow<State>,
    end: {
      outcome: 'completed' | 'compensated';
      failure: Failure | null;
      patch: Partial<State>;
      forget: readonly string[];
    },
  ): Promise<boolean> {
    const result = await sql`
      update saga s set finished_at = ${this.now()}, outcome = ${end.outcome}, failure = ${json(end.failure)},
        leased_by = null, state = (state || ${json(end.patch)}) - ${end.forget}::text[]
      where ${this.held(row)}`.execute(connection);
    return result.numAffectedRows === 1n;
  }

  /** Lets go of the saga until `delayMs` from now. False if the lease is lost. */
  async defer(connection: Connection, row: SagaRow<State>, delayMs: number): Promise<boolean> {
    const result = await sql`
      update saga s set doubt = ${row.doubt}, attempts = ${row.attempts},
        leased_by = null, due_at = ${this.later(delayMs)}
      where ${this.held(row)} and step = ${row.step} and direction = ${row.direction}`.execute(connection);
    return result.numAffectedRows === 1n;
  }

  async stats(connection: Connection): Promise<{ open: number; oldestAgeMs: number }> {
    const { rows } = await sql<{ open: number; oldestAgeMs: number }>`
      select count(*)::int as open,
             coalesce(extract(epoch from ${this.now()} - min(started_at)) * 1000, 0)::float8 as "oldestAgeMs"
      from saga where name = ${this.name} and finished_at is null`.execute(connection);
    return rows[0] ?? { open: 0, oldestAgeMs: 0 };
  }

  private mayDrive(): RawBuilder<boolean> {
    if (this.options.resume !== false) return sql`true`;
    return sql`leased_by is null and started_at >= ${this.madeAt}`;
  }

  private held(row: SagaRow<State>): RawBuilder<boolean> {
    return sql`s.name = ${this.name} and s.id = ${row.id} and s.lease_token = ${row.leaseToken}
      and s.leased_by is not null and s.finished_at is null`;
  }

  private columns(): RawBuilder<unknown> {
    return sql`s.id, s.state, s.step, s.direction, s.doubt, s.attempts, s.failure, s.traceparent,
      s.lease_token as "leaseToken",
      (extract(epoch from s.deadline_at - ${this.now()}) * 1000)::float8 as "remainingMs"`;
  }

  private now(): RawBuilder<Date> {
    const { clock } = this.options;
    return clock ? sql`${clock()}::timestamptz` : sql`clock_timestamp()`;
  }

  private later(ms: number): RawBuilder<Date> {
    return sql`${this.now()} + make_interval(secs => ${ms / 1000})`;
  }
}

function json(value: unknown): RawBuilder<unknown> {
  return value === null ? sql`null` : sql`${JSON.stringify(value)}::jsonb`;
}
