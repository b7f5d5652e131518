import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { CatalogEvent } from '@stampede/contracts';
import { Budget } from '@stampede/resilience';
import { LOG, type Log } from '@stampede/service-kit';
import { PEERS, type GatewayPeers } from './injected';

/** Drafts that are younger may still be on their way to publication. */
const MIN_AGE_MS = 5_000;
const SWEEP_EVERY_MS = 2_000;
/** After a failure: soon, since a new shop has nothing to sell before its first sweep, then ever later. */
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;
/** While all services start at once a few failures are no news. */
const FAILURES_TO_TELL = 5;
const SWEEP_MS = 10_000;
/** The seats of that many events fit into one request. */
const CHUNK = 100;

/** Gives drafts their seats and puts them on sale. Repeating it changes nothing. */
export async function publishEvents(
  { catalog, inventory }: GatewayPeers,
  drafts: readonly CatalogEvent[],
  budget: Budget,
): Promise<void> {
  const events = drafts.map(({ eventId, categories }) => ({
    eventId,
    categories: categories.map(({ category, capacity }) => ({ category, capacity })),
  }));
  await inventory.openEvents({ events }, { budget, timeoutMs: SWEEP_MS });
  await catalog.publishEvents({ eventIds: drafts.map(({ eventId }) => eventId) }, { budget, idempotent: true });
}

/**
 * Finishes what a crash left between an event's draft and its publication, and puts the seeded fixtures on sale. Every
 * replica may do it.
 */
@Injectable()
export class PublishDrafts implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private stopped = false;
  private failures = 0;

  constructor(
    @Inject(PEERS) private readonly peers: GatewayPeers,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sweeping;
  }

  private schedule(inMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep().then(() => this.schedule(this.pauseMs()));
    }, inMs);
  }

  private pauseMs(): number {
    if (this.failures === 0) return SWEEP_EVERY_MS;
    return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.failures - 1)) * (0.5 + Math.random() / 2);
  }

  private async sweep(): Promise<void> {
    const budget = Budget.ofMs(SWEEP_MS);
    try {
      const { drafts } = await this.peers.catalog.listDrafts(
        { minAgeMs: String(MIN_AGE_MS) },
        { budget, priority: 'background' },
      );
      for (let from = 0; from < drafts.length; from += CHUNK)
        await publishEvents(this.peers, drafts.slice(from, from + CHUNK), budget);
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      if (this.failures === FAILURES_TO_TELL) this.log.warn({ err: error }, 'drafts cannot be published');
    } finally {
      budget.release();
    }
  }
}
