import { PUBLIC_PREFIX, publicRoutes, type Category, type Hold, type Quote } from '@stampede/contracts';
import { completeClaims, type Database, type KeyOwner, type StoredAnswer, type Tx } from '@stampede/db';
import { classify, problemOf, type DomainError } from '@stampede/service-kit';
import { allocateExhaustively, allocateQuickly, type Allocation } from './allocate-seats';
import { countSeats, uncountSeats } from './buyer-seats.sql';
import { PurchaseLimit, SoldOut } from './errors';
import { holdView, insertHolds } from './hold.sql';
import type { BlockId, SectionLocks } from './section.sql';

/** One buyer's wish, with the key it is to be answered under. */
export interface HoldRequest {
  readonly holdId: string;
  readonly buyerId: string;
  readonly quantity: number;
  readonly quote: Quote;
  readonly owner: KeyOwner;
}

/** What became of a request; `undecided` where seats may be free but somebody is working on them. */
export type HoldResult = { readonly hold: Hold } | { readonly refusal: DomainError } | 'lost' | 'undecided';

export interface BatchOptions {
  readonly ttlMs: number;
  readonly mostSeatsPerBuyer: number;
  /** Look at every section and wait for others: then nothing is left undecided. */
  readonly exhaustive: boolean;
  /** Where to begin to look. */
  readonly fromSection: number;
  readonly locks: SectionLocks;
}

interface Decided {
  readonly request: HoldRequest;
  readonly result: HoldResult;
}

/**
 * Holds seats of one category for several buyers in one transaction: limits, seats, holds and the answers under their
 * keys are stored together or not at all. No buyer is named twice. Order of locks: buyers, then sections; see also
 * `endHoldsNow`.
 */
export async function holdBatch(
  database: Database,
  block: BlockId & { readonly category: Category },
  requests: readonly HoldRequest[],
  options: BatchOptions,
): Promise<Map<HoldRequest, HoldResult>> {
  return database.transaction(async (tx) => {
    const allowed = await countSeats(
      tx,
      block.eventId,
      requests.map(({ buyerId, quantity }) => ({ buyerId, seats: quantity })),
      options.mostSeatsPerBuyer,
    );
    const within = requests.filter(({ buyerId }) => allowed.has(buyerId));
    const quantities = within.map(({ quantity }) => quantity);
    const allocation = options.exhaustive
      ? await allocateExhaustively(tx, block, quantities, options.locks)
      : await allocateQuickly(tx, block, quantities, options);
    const decided: Decided[] = [
      ...requests
        .filter(({ buyerId }) => !allowed.has(buyerId))
        .map((request) => refused(request, new PurchaseLimit(options.mostSeatsPerBuyer))),
      ...without(within, allocation).map((request) =>
        options.exhaustive ? refused(request, new SoldOut(block.category)) : undecided(request),
      ),
      ...(await stored(tx, block, within, allocation, options.ttlMs)),
    ];
    await uncountSeats(
      tx,
      block.eventId,
      without(within, allocation).map(({ buyerId, quantity }) => ({ buyerId, seats: quantity })),
    );
    const lost = await answer(tx, decided);
    if (lost.some(({ result }) => typeof result === 'object' && 'hold' in result))
      throw new BatchLost(lost.map(({ request }) => request));
    return new Map(
      decided.map(({ request, result }) => [request, lost.some((one) => one.request === request) ? 'lost' : result]),
    );
  });
}

/**
 * Somebody took over the key of a request whose seats were just taken: the batch is rolled back, and must go again
 * without it.
 */
export class BatchLost extends Error {
  constructor(readonly requests: readonly HoldRequest[]) {
    super('the key of a hold was taken over');
  }
}

function refused(request: HoldRequest, refusal: DomainError): Decided {
  return { request, result: { refusal } };
}

function undecided(request: HoldRequest): Decided {
  return { request, result: 'undecided' };
}

function without(requests: readonly HoldRequest[], allocation: Allocation): HoldRequest[] {
  return requests.filter((_, place) => !allocation.has(place));
}

async function stored(
  tx: Tx,
  block: BlockId & { readonly category: Category },
  requests: readonly HoldRequest[],
  allocation: Allocation,
  ttlMs: number,
): Promise<Decided[]> {
  const holds = requests.flatMap((request, place) => {
    const seatIndexes = allocation.get(place);
    return seatIndexes === undefined ? [] : [{ ...request, seatIndexes }];
  });
  if (holds.length === 0) return [];
  const rows = holds.map(({ holdId, buyerId, seatIndexes, quote }) => ({ holdId, buyerId, seatIndexes, quote }));
  const expiresAt = await insertHolds(tx, block, rows, ttlMs);
  return requests.flatMap((request, place) => {
    const seatIndexes = allocation.get(place);
    if (seatIndexes === undefined) return [];
    const { holdId: hold_id, quote } = request;
    const hold = holdView({
      hold_id,
      event_id: block.eventId,
      category: block.category,
      seat_indexes: seatIndexes,
      quote,
      expires_at: expiresAt,
    });
    return [{ request, result: { hold } }];
  });
}

/** Stores the answers under their keys. Returns those whose key is another's by now. */
async function answer(tx: Tx, decided: readonly Decided[]): Promise<Decided[]> {
  const answered = decided.filter(({ result }) => result !== 'undecided');
  if (answered.length === 0) return [];
  const completions = answered.map(({ request: { owner }, result }) => ({ owner, answer: answerOf(result) }));
  const completed = await completeClaims(tx, completions);
  return answered.filter(({ request }) => !completed.has(request.owner.claimId));
}

/** The path that a buyer's client asked for. */
const HOLDS_PATH = PUBLIC_PREFIX + publicRoutes.holdSeats.path;

function answerOf(result: HoldResult): StoredAnswer {
  if (typeof result === 'string') throw new Error('only a decided request has an answer');
  if ('hold' in result) return { status: 201, body: result.hold };
  return { status: result.refusal.status, body: problemOf(classify(result.refusal), HOLDS_PATH) };
}
