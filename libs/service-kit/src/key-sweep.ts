import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Database } from '@stampede/db';
import type { Log } from './nest-logger';
import { DATABASE, LOG } from './tokens';

/** Keys are kept for two days, so an hour more or less does not matter. */
const SWEEP_EVERY_MS = 3_600_000;

/**
 * Forgets the Idempotency-Keys whose time is over, every hour. Provide it in the module of a service that keeps keys;
 * any number of replicas may do it.
 */
@Injectable()
export class KeySweep implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** The first sweep comes at a random moment of the first hour: replicas start together. */
  onApplicationBootstrap(): void {
    this.schedule(Math.random() * SWEEP_EVERY_MS);
  }

  /** A sweep under way ends with the batch in hand. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sweeping;
  }

  /** Forgets every key whose time is over now, in small batches; returns how many. */
  async sweep(): Promise<number> {
    const { IdempotencyStore } = await import('@stampede/db'); // here, so that a service without keys does not load it
    const keys = new IdempotencyStore(this.database);
    for (let swept = 0; ;) {
      const batch = await keys.sweep();
      swept += batch;
      if (batch === 0 || this.stopped) return swept;
    }
  }

  private schedule(inMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep()
        .then((count) => this.log.info({ count }, 'keys whose time is over are forgotten'))
        .catch((error: unknown) => this.log.warn({ err: error }, 'keys could not be swept; the next sweep tries again'))
        .finally(() => this.schedule(SWEEP_EVERY_MS));
    }, inMs).unref();
  }
}
