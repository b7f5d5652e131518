import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Claim, type KeyOwner, type Replay } from './idempotency-claim';
import { KeyConflict, KeyInFlight } from './idempotency.errors';
import type { Database } from './port';
import { uuidv7 } from './uuidv7';

/** Directory with the migration of the store's table, for `migrate`. */
export const idempotencyMigration = join(__dirname, '..', 'migrations');

/**
 * The contract frees the key of a crashed worker within 5 s: a second of that is for the caller's circuit, which has to
 * be tried again. A request's own budget is far below.
 */
const DEFAULT_LEASE_MS = 4_000;
/** Twice what the contract promises. */
const DEFAULT_KEEP_MS = 48 * 3_600_000;
/** Rows one sweep removes, so that it never holds locks for long. */
const SWEEP_ROWS = 5_000;
/**
 * A key may be given back between the two statements of a claim; that this happens again and again is no normal race.
 */
const CLAIM_ATTEMPTS = 5;

/** A request that is to have one answer: keys are told apart per caller and route. */
export interface KeyedCall {
  readonly caller: string;
  readonly route: string;
  readonly key: string;
  /** The request as parsed; the order of its fields does not matter. */
  readonly request: unknown;
}

interface Found {
  same_request: boolean;
  status: number | null;
  body: string | null;
  location: string | null;
  claimed: boolean;
  retry_after_ms: number;
}

/**
 * At most one answer for each key: one worker at a time holds a key, and once answered it is answered the same for
 * ever (48 h).
 */
export class IdempotencyStore {
  private readonly leaseMs: number;
  private readonly keepMs: number;

  constructor(
    private readonly database: Database,
    options: { leaseMs?: number; keepMs?: number } = {},
  ) {
    this.leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    this.keepMs = options.keepMs ?? DEFAULT_KEEP_MS;
  }

  /**
   * The right to answer, for `leaseMs`, or the answer that was already given. After a crash the next caller gets the
   * claim as soon as the lease has ended, with the same `resourceId`.
   * @throws KeyInFlight while another worker holds the key
   * @throws KeyConflict when the key was used with another request
   */
  async claim(call: KeyedCall): Promise<Claim | Replay> {
    const fingerprint = createHash('sha256').update(canonicalJson(call.request)).digest();
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt += 1) {
      const claim = await this.take(call, fingerprint);
      if (claim !== undefined) return claim;
      const found = await this.find(call, fingerprint);
      if (found === undefined) continue;
      if (!found.same_request && (found.status !== null || found.claimed)) throw new KeyConflict();
      if (found.retry_after_ms > 0) throw new KeyInFlight(found.retry_after_ms);
      if (found.status !== null) return replay(found.status, found);
    }
    throw new KeyInFlight(this.leaseMs);
  }

  /** A claim made elsewhere, taken up again: whoever has its `owner` and `resourceId` may answer until it is lost. */
  resume(owner: KeyOwner, resourceId: string): Claim {
    return new Claim(this.database, owner, resourceId, false);
  }

  /** Forgets up to 5,000 keys whose time is over; returns how many. Call it now and then, from any replica. */
  async sweep(): Promise<number> {
    const swept = await sql`
      delete from idempotency_key where (caller, route, key) in (
        select caller, route, key from idempotency_key
        where expires_at < clock_timestamp() limit ${SWEEP_ROWS} for update skip locked)`.execute(this.database.kysely);
    return Number(swept.numAffectedRows ?? 0);
  }

  /** One statement decides: the row is new, forgotten, given back, or its lease ran out under the same request. */
  private async take(call: KeyedCall, fingerprint: Buffer): Promise<Claim | undefined> {
    const proposedId = uuidv7();
    const owner: KeyOwner = { caller: call.caller, route: call.route, key: call.key, claimId: uuidv7() };
    const taken = await sql<{ resource_id: string }>`
      insert into idempotency_key as held
        (caller, route, key, fingerprint, resource_id, claim_id, claimed_until, expires_at)
      values (${owner.caller}, ${owner.route}, ${owner.key}, ${fingerprint}, ${proposedId}, ${owner.claimId},
        clock_timestamp() + ${this.leaseMs} * interval '1 ms', clock_timestamp() + ${this.keepMs} * interval '1 ms')
      on conflict (caller, route, key) do update set
        resource_id = case
          when held.fingerprint = excluded.fingerprint and held.expires_at >= clock_timestamp() then held.resource_id
          else excluded.resource_id end,
        fingerprint = excluded.fingerprint, claim_id = excluded.claim_id, claimed_until = excluded.claimed_until,
        expires_at = excluded.expires_at, status = null, body = null, location = null
      where held.expires_at < clock_timestamp()
        or (held.status is null and held.claimed_until is null)
        or (held.status is null and held.claimed_until < clock_timestamp() and held.fingerprint = excluded.fingerprint)
      returning resource_id`.execute(this.database.kysely);
    const resourceId = taken.rows[0]?.resource_id;
    if (resourceId === undefined) return undefined;
    return new Claim(this.database, owner, resourceId, resourceId !== proposedId);
  }

  private async find(call: KeyedCall, fingerprint: Buffer): Promise<Found | undefined> {
    const found = await sql<Found>`
      select fingerprint = ${fingerprint} as same_request, status, body::text as body, location,
        claimed_until is not null as claimed,
        coalesce(ceil(extract(epoch from claimed_until - clock_timestamp()) * 1000), 0)::int as retry_after_ms
      from idempotency_key where caller = ${call.caller} and route = ${call.route} and key = ${call.key}`.execute(
      this.database.kysely,
    );
    return found.rows[0];
  }
}

function replay(status: number, { body, location }: Found): Replay {
  const parsed: unknown = body === null ? undefined : JSON.parse(body);
  return { kind: 'replay', answer: { status, body: parsed, ...(location !== null && { location }) } };
}

/** JSON with the fields of every object in one order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  const sorted = (_field: string, part: unknown): unknown => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(value, sorted) ?? 'undefined';
}
