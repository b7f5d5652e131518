import { Inject, Injectable } from '@nestjs/common';
import { CatalogEvent } from '@stampede/contracts';
import type { Kv } from '@stampede/kv';
import { Budget } from '@stampede/resilience';
import { LOG, NotFound, RemoteProblem, type Log } from '@stampede/service-kit';
import type { HotAnswers, KeepHot } from './hot-answers';
import { KEEP_HOT, KV, PEERS, type GatewayPeers } from './injected';

export interface KnownEvent {
  readonly event: CatalogEvent;
  /** Catalog could not be asked: this is how the event was when it last could. */
  readonly stale: boolean;
}

/** What organisers change is seen after that, or after twice as long where catalog is slow. */
const FRESH_MS = 2_000;
const MOST_EVENTS = 5_000;
const REMEMBERED_MS = 24 * 3_600_000;
/** A page must not wait for a slow catalog longer than a buyer would. */
const ASK_MS = 600;

/**
 * Events as catalog last told them. With catalog gone a known event is still known, also to a replica that has just
 * started.
 */
@Injectable()
export class KnownEvents {
  private readonly fresh: HotAnswers<CatalogEvent>;
  private readonly last = new Map<string, string>();

  constructor(
    @Inject(PEERS) private readonly peers: GatewayPeers,
    @Inject(KV) private readonly kv: Kv,
    @Inject(LOG) private readonly log: Log,
    @Inject(KEEP_HOT) keepHot: KeepHot,
  ) {
    this.fresh = keepHot('event', { ttlMs: FRESH_MS, staleMs: FRESH_MS, most: MOST_EVENTS });
  }

  /** @throws not_found; unavailable where catalog is away and nobody has ever seen the event */
  async get(eventId: string): Promise<KnownEvent> {
    try {
      return { event: await this.fresh.get(eventId, () => this.ask(eventId)), stale: false };
    } catch (error) {
      if (error instanceof RemoteProblem && error.code === 'not_found') throw new NotFound('there is no such event');
      const event = await this.remembered(eventId);
      if (event === undefined) throw error;
      return { event, stale: true };
    }
  }

  private async ask(eventId: string): Promise<CatalogEvent> {
    const budget = Budget.ofMs(ASK_MS); // its own: whoever waits for this load may have more time than who began it
    const event = await this.peers.catalog.readEvent({ eventId }, { budget, priority: 'critical' });
    this.remember(event);
    return event;
  }

  /** Writes to the shared store only what has changed. */
  private remember(event: CatalogEvent): void {
    const text = JSON.stringify(event);
    if (this.last.get(event.eventId) === text) return;
    if (this.last.size >= MOST_EVENTS) {
      const [oldest] = this.last.keys();
      if (oldest !== undefined) this.last.delete(oldest);
    }
    this.last.set(event.eventId, text);
    this.kv.set(keyOf(event.eventId), text, { ttlMs: REMEMBERED_MS }).catch((error: unknown) => {
      this.log.warn({ err: error }, 'an event could not be remembered for other replicas');
    });
  }

  private async remembered(eventId: string): Promise<CatalogEvent | undefined> {
    const text = this.last.get(eventId) ?? (await this.kv.get(keyOf(eventId)).catch(() => null));
    if (text === null) return undefined;
    const event = CatalogEvent.safeParse(JSON.parse(text));
    return event.success ? event.data : undefined; // an older version may have remembered another shape
  }
}

function keyOf(eventId: string): string {
  return `event:${eventId}`;
}
