import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Database } from '@stampede/db';
import { CONFIG, DATABASE } from '@stampede/service-kit';
import type { OrdersConfig } from './config';
import { selectOrder, selectVersions, type OrderRow } from './order.sql';

interface Watcher {
  readonly seenVersion: number;
  readonly wake: () => void;
}

/**
 * Tells of changes of orders, whichever replica made them. All that are watched are looked at together, in one
 * statement a poll: NOTIFY would be sooner, but every commit that notifies waits for every other.
 */
@Injectable()
export class OrderWatch implements OnModuleDestroy {
  private readonly watchers = new Map<string, Set<Watcher>>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private stopped = false;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: Pick<OrdersConfig, 'ORDERS_WATCH_POLL_MS'>,
  ) {}

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const watchers of this.watchers.values()) for (const { wake } of watchers) wake();
  }

  /** The order once it is newer than `seenVersion`, or as it is when `signal` aborts or the service stops. */
  async next(orderId: string, seenVersion: number, signal: AbortSignal): Promise<OrderRow | undefined> {
    if (!signal.aborted && !this.stopped) {
      await new Promise<void>((wake) => {
        const stop = this.add(orderId, { seenVersion, wake: () => end() });
        const end = (): void => {
          stop();
          signal.removeEventListener('abort', end);
          wake();
        };
        signal.addEventListener('abort', end, { once: true });
      });
    }
    return selectOrder(this.database.kysely, orderId);
  }

  private add(orderId: string, watcher: Watcher): () => void {
    const watchers = this.watchers.get(orderId) ?? new Set();
    this.watchers.set(orderId, watchers.add(watcher));
    this.schedule();
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) this.watchers.delete(orderId);
    };
  }

  private schedule(): void {
    if (this.timer !== undefined || this.looking || this.watchers.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.look();
    }, this.config.ORDERS_WATCH_POLL_MS);
  }

  private async look(): Promise<void> {
    this.looking = true;
    try {
      const versions = await selectVersions(this.database, [...this.watchers.keys()]);
      for (const [orderId, version] of versions) this.tell(orderId, version);
    } catch {
      // The database is away: watchers wait on, and the next poll asks again.
    } finally {
      this.looking = false;
      this.schedule();
    }
  }

  private tell(orderId: string, version: number): void {
    const watchers = this.watchers.get(orderId) ?? new Set();
    for (const watcher of watchers) {
      if (watcher.seenVersion >= version) continue;
      watchers.delete(watcher);
      watcher.wake();
    }
    if (watchers.size === 0) this.watchers.delete(orderId);
  }
}
