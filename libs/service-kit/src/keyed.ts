import type { Claim, IdempotencyStore, KeyOwner, StoredAnswer } from '@stampede/db';
import type { Route } from '@stampede/contracts';
import { Answer } from './answer';
import { DomainError, Refused } from './errors';
import { PROBLEM_TYPE, classify, problemOf } from './problem';

type Tx = Parameters<Claim['complete']>[0];

export interface KeyedCall {
  /** Keys are scoped to the caller and the route. */
  readonly caller: string;
  readonly route: Pick<Route, 'method' | 'path'>;
  readonly key: string;
  /** As parsed; the same key with another request is refused. */
  readonly request: unknown;
  /** The path of this request, for a stored problem's `instance`; default the route's. */
  readonly instance?: string;
}

export interface Success<Body> {
  readonly status: number;
  readonly body: Body;
  readonly location?: string;
}

/** The right to answer under a key, held by one request at a time. */
export interface KeyClaim {
  /** A UUIDv7 chosen at the first claim and kept when a later request takes over: use it as the id of what is made. */
  readonly resourceId: string;
  /**
   * Stores the answer in the transaction that makes its effect durable. @throws ClaimLost where another request took
   * over
   */
  complete<Body>(tx: Tx, success: Success<Body>): Promise<Success<Body>>;
  /** For `completeClaims`: answers of many requests stored together; say `completed` once that has committed. */
  readonly owner: KeyOwner;
  completed(): void;
  /**
   * While a completed answer is not sent yet: repeats are told for `ms` more that the first is in flight; 0 ends
   * that.
   */
  stayInFlight(ms: number): Promise<void>;
  /** Replaces a completed answer by a better one before that is sent. @throws ClaimLost */
  amend<Body>(success: Success<Body>): Promise<Success<Body>>;
}

/**
 * Runs once per key: a repeat replays the stored answer with `Idempotent-Replayed: true`. Stored are successes and
 * final answers of the domain (404, 409); anything else frees the key. `run` should `complete` in its own
 * transaction; a success that it has not completed is stored afterwards, which a crash in between loses.
 * @throws idempotency_in_flight, idempotency_conflict
 */
export async function keyed<Body>(
  store: IdempotencyStore,
  call: KeyedCall,
  run: (claim: KeyClaim) => Promise<Success<Body>>,
): Promise<Answer<Body>> {
  const route = `${call.route.method} ${call.route.path}`;
  const claim = await store.claim({ caller: call.caller, route, key: call.key, request: call.request });
  if (claim.kind === 'replay') return replayed<Body>(claim.answer);
  let completed = false;
  const complete = async <B>(tx: Tx, success: Success<B>) => {
    await claim.complete(tx, success);
    completed = true;
    return success;
  };
  const amend = async <B>(success: Success<B>) => {
    await claim.amend(success);
    return success;
  };
  try {
    const { resourceId, owner } = claim;
    const done = () => {
      completed = true;
    };
    const stayInFlight = (ms: number) => claim.stayInFlight(ms);
    const success = await run({ resourceId, owner, complete, amend, stayInFlight, completed: done });
    if (!completed) await claim.store(success);
    return fresh(success);
  } catch (error) {
    if (isClaimLost(error))
      throw new Refused('idempotency_in_flight', 'another request goes on with this key', { cause: error });
    await settle(claim, call, error);
    throw error;
  }
}

function fresh<Body>({ status, body, location }: Success<Body>): Answer<Body> {
  return new Answer(body, { status, ...(location === undefined ? {} : { headers: { location } }) });
}

function replayed<Body>({ status, body, location }: StoredAnswer): Answer<Body> {
  const headers: Record<string, string> = { 'idempotent-replayed': 'true' };
  if (location !== undefined) headers['location'] = location;
  if (status >= 400) headers['content-type'] = PROBLEM_TYPE;
  return new Answer(body as Body, { status, headers });
}

/** What a repeat under this key must be told as well: the domain said no, and would say so again. */
export function isFinal(error: unknown): error is DomainError {
  return (
    error instanceof DomainError &&
    (error.status === 404 || error.status === 409) &&
    error.code !== 'idempotency_in_flight'
  );
}

async function settle(claim: Claim, call: KeyedCall, error: unknown): Promise<void> {
  if (isFinal(error)) {
    await claim.store({ status: error.status, body: problemOf(classify(error), call.instance ?? call.route.path) });
  } else {
    await claim.release();
  }
}

function isClaimLost(error: unknown): boolean {
  return error instanceof Error && error.name === 'ClaimLost';
}
