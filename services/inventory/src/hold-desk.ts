import { Inject, Injectable } from '@nestjs/common';
import type { Category, Hold } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { BudgetSpent, type Budget } from '@stampede/resilience';
import { CONFIG, DATABASE, Refused } from '@stampede/service-kit';
import { mitigated } from '@stampede/topology';
import type { InventoryConfig } from './config';
import { BatchLost, holdBatch, type HoldRequest, type HoldResult } from './hold-batch';
import { NO_LOCKS, ROW_LOCKS, type BlockId, type SectionLocks } from './section.sql';

interface Waiting {
  readonly request: HoldRequest;
  readonly budget: Budget | undefined;
  readonly answer: (result: HoldResult) => void;
  readonly fail: (error: unknown) => void;
}

interface Line {
  readonly block: BlockId & { readonly category: Category };
  readonly waiting: Waiting[];
  running: number;
}

/** One commit for that many holds: the disk is waited for once. */
const BATCH = 32;
/** While one batch waits for its commit, another takes other sections. */
const BATCHES_AT_ONCE = 2;
/** Highest section number of a category of 100,000 seats. */
const SECTIONS = 200;

/**
 * Buyers of one category are served in batches: those who came while a batch was under way make up the next. A lone
 * buyer waits for nobody.
 */
@Injectable()
export class HoldDesk {
  private readonly lines = new Map<string, Line>();
  private readonly locks: SectionLocks;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: Pick<
      InventoryConfig,
      'INVENTORY_HOLD_TTL_MS' | 'INVENTORY_MAX_SEATS_PER_BUYER' | 'env'
    >,
  ) {
    this.locks = mitigated('lock-sections', ROW_LOCKS, NO_LOCKS, config.env);
  }

  /**
   * @throws purchase_limit, sold_out, idempotency_in_flight (the key is another's by now), budget_spent (nothing is
   * held)
   */
  async hold(block: Line['block'], request: HoldRequest, budget?: Budget): Promise<Hold> {
    const result = await new Promise<HoldResult>((answer, fail) => {
      const line = this.lineOf(block);
      line.waiting.push({ request, budget, answer, fail });
      this.serve(line);
    });
    if (typeof result === 'object' && 'hold' in result) return result.hold;
    if (typeof result === 'object') throw result.refusal;
    throw new Refused('idempotency_in_flight', 'another request goes on with this key');
  }

  private lineOf(block: Line['block']): Line {
    const name = nameOf(block);
    let line = this.lines.get(name);
    if (line === undefined) this.lines.set(name, (line = { block, waiting: [], running: 0 }));
    return line;
  }

  private serve(line: Line): void {
    while (line.running < BATCHES_AT_ONCE && line.waiting.length > 0) {
      const batch = takeBatch(line.waiting);
      if (batch.length === 0) break;
      line.running += 1;
      void this.run(line, batch).finally(() => {
        line.running -= 1;
        this.serve(line);
      });
    }
    if (line.running === 0 && line.waiting.length === 0) this.lines.delete(nameOf(line.block));
  }

  private async run(line: Line, batch: readonly Waiting[]): Promise<void> {
    const undecided = await this.attempt(line, batch, false);
    if (undecided.length > 0) await this.attempt(line, undecided, true);
  }

  /** Answers whom it can, and returns the others. */
  private async attempt(line: Line, batch: readonly Waiting[], exhaustive: boolean): Promise<Waiting[]> {
    try {
      const results = await holdBatch(
        this.database,
        line.block,
        batch.map(({ request }) => request),
        {
          ttlMs: this.config.INVENTORY_HOLD_TTL_MS,
          mostSeatsPerBuyer: this.config.INVENTORY_MAX_SEATS_PER_BUYER,
          exhaustive,
          fromSection: Math.floor(Math.random() * SECTIONS),
          locks: this.locks,
        },
      );
      return batch.filter(({ request, answer }) => {
        const result = results.get(request) ?? 'undecided';
        if (result !== 'undecided') answer(result);
        return result === 'undecided';
      });
    } catch (error) {
      if (error instanceof BatchLost) return this.attempt(line, withoutLost(batch, error.requests), exhaustive);
      for (const { fail } of batch) fail(error);
      return [];
    }
  }
}

function nameOf({ eventId, category }: BlockId): string {
  return `${eventId} ${category}`;
}

/** The first that wait, but no buyer twice: what is counted for one must be seen by the next. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  const batch: Waiting[] = [];
  const buyers = new Set<string>();
  for (let place = 0; place < waiting.length && batch.length < BATCH;) {
    const next = waiting[place] as Waiting;
    if (buyers.has(next.request.buyerId)) {
      place += 1;
      continue;
    }
    waiting.splice(place, 1);
    if (next.budget?.spent === true) {
      next.fail(new BudgetSpent());
      continue;
    }
    buyers.add(next.request.buyerId);
    batch.push(next);
  }
  return batch;
}

function withoutLost(batch: readonly Waiting[], lost: readonly HoldRequest[]): Waiting[] {
  for (const { request, answer } of batch) if (lost.includes(request)) answer('lost');
  return batch.filter(({ request }) => !lost.includes(request));
}
