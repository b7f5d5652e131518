import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Database } from '@stampede/db';
import { CONFIG, DATABASE, LOG, type Log } from '@stampede/service-kit';
import { metricsOf } from '@stampede/telemetry';
import type { InventoryConfig } from './config';
import { endHoldsNow } from './end-holds';
import { deleteEnded, lockOverdue } from './hold.sql';

const BATCH = 100;
/** As long as the keys of holds are kept: until then a repeated request still finds its hold. */
const KEEP_ENDED_MS = 48 * 3_600_000;
const FORGET_EVERY_MS = 3_600_000;

/**
 * Gives the seats of overdue holds back, also of those that ran out while nobody was there, and forgets holds two days
 * after their end. Any number of replicas may do it.
 */
@Injectable()
export class ExpireHolds implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private stopped = false;
  private forgetFromMs = 0;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: InventoryConfig,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sweeping;
  }

  /** Ends every hold that is overdue now; returns how many. */
  async sweep(): Promise<number> {
    let ended = 0;
    for (;;) {
      const batch = await this.database.transaction(async (tx) => {
        const overdue = await lockOverdue(tx, BATCH);
        if (overdue.length > 0) await endHoldsNow(tx, overdue, 'expired');
        return overdue.length;
      });
      ended += batch;
      if (batch > 0) metricsOf(this.config.service).count('holds', { outcome: 'expired' }, batch);
      if (batch < BATCH) return ended;
    }
  }

  /** Forgets one batch of holds that ended long ago; returns how many. */
  forget(): Promise<number> {
    return deleteEnded(this.database, KEEP_ENDED_MS, BATCH);
  }

  /** A batch a sweep while there are any, then not for an hour: expiry comes first. */
  private async forgetSome(): Promise<void> {
    if (Date.now() >= this.forgetFromMs && (await this.forget()) < BATCH)
      this.forgetFromMs = Date.now() + FORGET_EVERY_MS;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep()
        .then(() => this.forgetSome())
        .catch((error: unknown) =>
          this.log.warn({ err: error }, 'holds could not be expired or forgotten; the next sweep tries again'),
        )
        .finally(() => this.schedule());
    }, this.config.INVENTORY_EXPIRY_POLL_MS);
  }
}
