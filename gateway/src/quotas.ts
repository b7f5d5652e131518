import type { Kv } from '@stampede/kv';
import { RateLimited, type QuotaName } from './errors';

const WINDOW_MS = 1_000;
/** How far replicas may be behind each other: above a quota by what others let in meanwhile. */
const SHARE_EVERY_MS = 100;
/** A shared counter outlives its window, for replicas whose clocks are a little apart. */
const COUNTER_TTL_MS = 3_000;

interface Count {
  /** Requests this replica let in that others do not know of yet. */
  unshared: number;
  /** Requests of all replicas, as of the last exchange. */
  shared: number;
}

export interface QuotaOptions {
  /** The store that replicas share. */
  readonly kv: Pick<Kv, 'addAll'>;
  readonly now?: () => number;
  readonly onShareFailed?: (error: unknown) => void;
}

/**
 * Requests per second of each buyer and each address. A request is decided on here and now; ten times a second replicas
 * tell each other what they let in, in one round trip for all keys. With the store away each replica keeps the quota by
 * itself.
 */
export class Quotas {
  private counts = new Map<string, Count>();
  private window = 0;
  private readonly now: () => number;
  private readonly timer: NodeJS.Timeout;
  private sharing = false;

  constructor(private readonly options: QuotaOptions) {
    this.now = options.now ?? Date.now;
    this.timer = setInterval(() => void this.share(), SHARE_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** Counts a request. @throws rate_limited where it is one too many; it is not counted then */
  take(quota: QuotaName, who: string, limit: number): void {
    const nowMs = this.now();
    this.turnTo(Math.floor(nowMs / WINDOW_MS));
    const key = `${quota}:${who}`;
    let count = this.counts.get(key);
    if (count === undefined) this.counts.set(key, (count = { unshared: 0, shared: 0 }));
    if (count.shared + count.unshared >= limit)
      throw new RateLimited(quota, limit, WINDOW_MS, WINDOW_MS - (nowMs % WINDOW_MS));
    count.unshared += 1;
  }

  /** Tells the others, and learns from them; a timer does it by itself. */
  async share(): Promise<void> {
    const told = [...this.counts]
      .filter(([, count]) => count.unshared > 0)
      .map(([key, count]) => ({ key, count, by: count.unshared }));
    if (told.length === 0 || this.sharing) return;
    this.sharing = true;
    const window = this.window;
    try {
      const increments = told.map(({ key, by }) => ({ key: `quota:${key}:${window}`, by, ttlMs: COUNTER_TTL_MS }));
      const totals = await this.options.kv.addAll(increments);
      for (const [place, { count, by }] of told.entries()) {
        count.shared = totals[place] ?? count.shared + by;
        count.unshared -= by;
      }
    } catch (error) {
      this.options.onShareFailed?.(error);
    } finally {
      this.sharing = false;
    }
  }

  private turnTo(window: number): void {
    if (window === this.window) return;
    this.window = window;
    this.counts = new Map();
  }
}
