import { Inject, Injectable } from '@nestjs/common';
import {
  inventoryApi,
  pricingApi,
  type CatalogEvent,
  type Category,
  type DegradedPart,
  type Event,
  type Price,
  type ReplyOf,
} from '@stampede/contracts';
import { Budget } from '@stampede/resilience';
import { CONFIG, Unavailable } from '@stampede/service-kit';
import { mitigated } from '@stampede/topology';
import type { GatewayConfig } from './config';
import type { HotAnswers, KeepHot } from './hot-answers';
import { KEEP_HOT, PEERS, type GatewayPeers } from './injected';
import { KnownEvents } from './known-events';

type Availability = ReplyOf<typeof inventoryApi.routes.readAvailability>['categories'];
type Prices = ReplyOf<typeof pricingApi.routes.priceCategories>['prices'];

/**
 * Old enough that a crowd on one page asks inventory twice a second, young enough that a buyer does not notice; with a
 * slow inventory 2.5 s old, which is still no reason to show less.
 */
const LIVE = { ttlMs: 500, staleMs: 2_000, most: 2_000 };
/** A part that takes longer is left out: the page is worth more than the part, and must be there in 300 ms. */
const WAIT_MS = 200;
/** A part is loaded for all who wait, so with a budget of its own; too late for them, it is there for the next. */
const PART_MS = 500;

/**
 * The event page, made of three services' answers; with two of them gone it still answers, and says what is missing.
 */
@Injectable()
export class EventPage {
  private readonly availabilities: HotAnswers<Availability>;
  private readonly prices: HotAnswers<Prices>;
  private readonly show: (page: Event) => Event;

  constructor(
    @Inject(PEERS) private readonly peers: GatewayPeers,
    private readonly events: KnownEvents,
    @Inject(KEEP_HOT) keepHot: KeepHot,
    @Inject(CONFIG) { env }: GatewayConfig,
  ) {
    this.availabilities = keepHot('availability', LIVE);
    this.prices = keepHot('prices', LIVE);
    this.show = mitigated('page-in-parts', whatThereIs, allOrNothing, env);
  }

  /** @throws not_found, unavailable */
  async read(eventId: string): Promise<Event> {
    const { event, stale } = await this.events.get(eventId);
    const availability = await this.availability(eventId);
    const prices = await this.pricesOf(event, availability);
    const degraded: DegradedPart[] = [];
    if (stale) degraded.push('event');
    if (availability === undefined) degraded.push('availability');
    if (prices === undefined) degraded.push('pricing');
    return this.show(pageOf(event, availability, prices, degraded));
  }

  /** Free seats by category; undefined where inventory cannot be asked now. */
  availability(eventId: string): Promise<Availability | undefined> {
    const ask = async () => {
      const { categories } = await this.peers.inventory.readAvailability({ eventId }, { budget: Budget.ofMs(PART_MS) });
      return categories;
    };
    return inTime(this.availabilities.get(eventId, ask));
  }

  private pricesOf(event: CatalogEvent, availability: Availability | undefined): Promise<Prices | undefined> {
    const { eventId } = event;
    const categories = event.categories.map(({ category, capacity, price: listPrice }) => ({
      category,
      capacity,
      listPrice,
      available: freeOf(availability, category),
    }));
    const ask = async () => {
      const { prices } = await this.peers.pricing.priceCategories(
        { eventId, categories },
        { budget: Budget.ofMs(PART_MS), idempotent: true },
      );
      return prices;
    };
    return inTime(this.prices.get(eventId, ask));
  }
}

/** What a part comes to, or undefined where that takes too long or fails. */
async function inTime<T>(part: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, WAIT_MS, undefined);
  });
  try {
    return await Promise.race([part, late]);
  } catch {
    return undefined; // the page says that it lacks it
  } finally {
    clearTimeout(timer);
  }
}

const whatThereIs = (page: Event): Event => page;

/** A page that is made of all its parts or not made. */
function allOrNothing(page: Event): Event {
  if (page.degraded.length > 0) throw new Unavailable(`the page lacks ${page.degraded.join(', ')}`);
  return page;
}

/** Free seats of one category; null where nobody knows. */
export function freeOf(availability: Availability | undefined, category: Category): number | null {
  return availability?.find((part) => part.category === category)?.available ?? null;
}

/** Catalog's event with what the other two know of it; a missing part is null. */
export function pageOf(
  event: CatalogEvent,
  availability: Availability | undefined,
  prices: Prices | undefined,
  degraded: DegradedPart[],
): Event {
  const { eventId, name, startsAt, onSaleAt, waitingRoom, venue } = event;
  const priceOf = (category: Category): Price | null =>
    prices?.find((part) => part.category === category)?.price ?? null;
  const now = Date.now();
  return {
    eventId,
    name,
    startsAt,
    onSaleAt,
    onSale: Date.parse(onSaleAt) <= now && now < Date.parse(startsAt),
    waitingRoom,
    venue,
    categories: event.categories.map(({ category, capacity }) => ({
      category,
      price: priceOf(category),
      capacity,
      available: freeOf(availability, category),
    })),
    degraded,
  };
}
