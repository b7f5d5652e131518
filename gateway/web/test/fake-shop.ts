import type { Event, Hold, HoldSeats, PlaceOrder } from '@stampede/contracts';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attempt, page, problem, readJson, Refusal, refuse, send, type Answer } from './fake-answers';
import { zoneOf } from '../src/zones';
import { runOrder, startOrder, type Running } from './fake-saga';
import { match, newId, tournament } from './fixtures';
import { serveFile } from './static-files';

export interface FakeShopOptions {
  readonly port?: number;
  readonly holdMs?: number;
  /** Between two steps of an order. */
  readonly stepMs?: number;
  /** From joining the waiting room to admission. */
  readonly queueMs?: number;
  /** What `build.mjs` made. */
  readonly dist: string;
}

export interface FakeShop {
  readonly url: string;
  /** A match with a waiting room. */
  readonly queuedEventId: string;
  close(): Promise<void>;
}

const TOKEN_MS = 12 * 3_600_000;
const QUEUE_LENGTH = 1_240;
interface Request {
  readonly buyerId: string;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
  readonly response: ServerResponse;
}

/** A shop true to the public contract, in memory, for developing and testing the pages without services. */
export async function openFakeShop(options: FakeShopOptions): Promise<FakeShop> {
  const shop = new Shop(options);
  const server = createServer((request, response) => void shop.handle(request, response));
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    shop.stop.abort();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, queuedEventId: shop.queued.eventId, close };
}

class Shop {
  readonly stop = new AbortController();
  readonly queued = match('Spain v Argentina', new Date(Date.now() + 90 * 86_400_000), 5, {
    onSaleAt: new Date(0),
    waitingRoom: true,
  });
  private readonly events: Event[] = [...tournament(Date.now()), this.queued];
  private readonly holds = new Map<string, { hold: Hold; buyerId: string; used: boolean }>();
  private readonly orders = new Map<string, Running>();
  private readonly answers = new Map<string, { request: string; answer: Answer }>();
  private readonly joined = new Map<string, number>();

  constructor(private readonly options: FakeShopOptions) {}

  private readonly routes: readonly [
    method: string,
    path: RegExp,
    role: 'anyone' | 'buyer',
    handle: (request: Request) => Answer | undefined,
  ][] = [
    ['POST', /^\/sessions$/, 'anyone', (request) => this.signIn(request)],
    ['GET', /^\/events$/, 'anyone', (request) => this.listEvents(request)],
    ['GET', /^\/events\/([^/]+)$/, 'anyone', ({ id }) => ({ status: 200, body: this.event(id) })],
    ['POST', /^\/events\/([^/]+)\/queue$/, 'buyer', (request) => this.queue(request, 202)],
    ['GET', /^\/events\/([^/]+)\/queue$/, 'buyer', (request) => this.queue(request, 200)],
    ['POST', /^\/holds$/, 'buyer', (request) => this.once(request, 'holds', () => this.hold(request))],
    ['DELETE', /^\/holds\/([^/]+)$/, 'buyer', (request) => this.release(request)],
    ['POST', /^\/orders$/, 'buyer', (request) => this.once(request, 'orders', () => this.order(request))],
    ['GET', /^\/orders$/, 'buyer', (request) => this.listOrders(request)],
    ['GET', /^\/orders\/([^/]+)$/, 'buyer', (request) => ({ status: 200, body: this.running(request).order })],
    ['GET', /^\/orders\/([^/]+)\/stream$/, 'buyer', (request) => this.stream(request)],
  ];

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://shop');
    if (!url.pathname.startsWith('/api/v1/')) return serveFile(this.options.dist, url.pathname, request, response);
    const path = url.pathname.slice('/api/v1'.length);
    try {
      const route = this.routes.find(([method, pattern]) => method === request.method && pattern.test(path));
      if (!route) throw new Refusal('not_found');
      const [, pattern, role, handle] = route;
      const buyerId = role === 'buyer' ? this.buyer(request) : '';
      const id = pattern.exec(path)?.[1] ?? '';
      const body = await readJson(request);
      const answer = handle({ buyerId, id, query: url.searchParams, body, headers: request.headers, response });
      if (answer) send(response, answer);
    } catch (error) {
      send(response, problem(error, path));
    }
  }

  private buyer(request: IncomingMessage): string {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (!token?.startsWith('buyer.')) throw new Refusal('unauthenticated');
    return token.slice('buyer.'.length);
  }

  private signIn({ body }: Request): Answer {
    const email = String(body['email'] ?? '');
    if (!email.includes('@')) throw new Refusal('validation_failed');
    const buyerId = Buffer.from(email.toLowerCase()).toString('hex');
    const expiresAt = new Date(Date.now() + TOKEN_MS).toISOString();
    return { status: 201, body: { accessToken: `buyer.${buyerId}`, expiresAt, buyerId } };
  }

  private listEvents({ query }: Request): Answer {
    const city = query.get('city');
    const date = query.get('date');
    const found = this.events
      .filter((event) => (city === null || event.venue.city === city) && (date === null || localDate(event) === date))
      .map(({ categories: _, degraded: __, ...summary }) => summary);
    return { status: 200, body: page(found, query) };
  }

  private event(eventId: string): Event {
    return this.events.find((event) => event.eventId === eventId) ?? refuse('not_found');
  }

  private queue({ id, buyerId }: Request, status: number): Answer {
    const event = this.event(id);
    const member = `${id} ${buyerId}`;
    if (status === 200 && !this.joined.has(member)) throw new Refusal('not_found');
    const joinedAt = this.joined.get(member) ?? Date.now();
    this.joined.set(member, joinedAt);
    const queueMs = event.waitingRoom ? (this.options.queueMs ?? 3_000) : 0;
    const leftMs = Math.max(0, joinedAt + queueMs - Date.now());
    if (leftMs === 0)
      return {
        status,
        body: { state: 'admitted', position: 0, estimatedWaitSeconds: 0, admissionToken: `in.${buyerId}` },
      };
    const position = Math.max(1, Math.ceil((QUEUE_LENGTH * leftMs) / queueMs));
    return {
      status,
      headers: { 'retry-after': '1' },
      body: { state: 'waiting', position, estimatedWaitSeconds: Math.ceil(leftMs / 1_000) },
    };
  }

  /** Runs `act` once per key: a repeat gets the stored answer. Only successes and 404 and 409 are stored. */
  private once(request: Request, route: string, act: () => Answer): Answer {
    const header = request.headers['idempotency-key'];
    if (typeof header !== 'string') throw new Refusal('idempotency_key_missing');
    const key = `${request.buyerId} ${route} ${header}`;
    const fingerprint = JSON.stringify(request.body);
    const stored = this.answers.get(key);
    if (stored && stored.request !== fingerprint) throw new Refusal('idempotency_conflict');
    if (stored) return { ...stored.answer, headers: { ...stored.answer.headers, 'idempotent-replayed': 'true' } };
    const answer = attempt(act, `/${route}`);
    if (answer.status < 300 || answer.status === 404 || answer.status === 409)
      this.answers.set(key, { request: fingerprint, answer });
    return answer;
  }

  private hold({ body, buyerId, headers }: Request): Answer {
    const { eventId, category, quantity } = body as HoldSeats;
    const event = this.event(eventId);
    const offer = event.categories.find((item) => item.category === category) ?? refuse('not_found');
    if (event.waitingRoom && headers['admission-token'] !== `in.${buyerId}`) throw new Refusal('not_admitted');
    if (this.seatsOf(buyerId, eventId) + quantity > 4) throw new Refusal('purchase_limit');
    if ((offer.available ?? 0) < quantity || !offer.price) throw new Refusal('sold_out');
    const row = 1 + Math.floor(Math.random() * 40);
    const first = 1 + Math.floor(Math.random() * 20);
    const seats = Array.from({ length: quantity }, (_, index) => ({
      section: `1${category.slice(3)}4`,
      row: String(row),
      number: first + index,
    }));
    const subtotal = offer.price.amount * quantity;
    const fees = Math.round(subtotal * 0.08);
    const tax = Math.round((subtotal + fees) * 0.13);
    const quote = {
      currency: offer.price.currency,
      subtotal,
      fees,
      tax,
      total: subtotal + fees + tax,
      pricingVersion: 'v1',
    };
    const expiresAt = new Date(Date.now() + (this.options.holdMs ?? 120_000)).toISOString();
    const hold = { holdId: newId(), eventId, category, seats, expiresAt, quote };
    this.holds.set(hold.holdId, { hold, buyerId, used: false });
    offer.available = (offer.available ?? 0) - quantity;
    return { status: 201, body: hold };
  }

  private seatsOf(buyerId: string, eventId: string): number {
    const held = [...this.holds.values()].filter(
      ({ hold, used, ...kept }) => kept.buyerId === buyerId && hold.eventId === eventId && !used && alive(hold),
    );
    const ordered = [...this.orders.values()].filter(
      ({ order, ...kept }) =>
        kept.buyerId === buyerId && order.eventId === eventId && /pending|confirmed/.test(order.status),
    );
    return (
      held.reduce((sum, { hold }) => sum + hold.seats.length, 0) +
      ordered.reduce((sum, { order }) => sum + order.seats.length, 0)
    );
  }

  private release({ id, buyerId }: Request): Answer {
    const kept = this.holds.get(id);
    if (!kept || kept.buyerId !== buyerId) throw new Refusal('not_found');
    if (kept.used) throw new Refusal('hold_used');
    kept.hold.expiresAt = new Date(0).toISOString();
    return { status: 204 };
  }

  private order({ body, buyerId }: Request): Answer {
    const { holdId, paymentToken } = body as PlaceOrder;
    const kept = this.holds.get(holdId);
    if (!kept || kept.buyerId !== buyerId) throw new Refusal('not_found');
    if (kept.used) throw new Refusal('hold_used');
    if (!alive(kept.hold)) throw new Refusal('hold_expired');
    kept.used = true;
    const running = startOrder(kept.hold, buyerId);
    this.orders.set(running.order.orderId, running);
    const saga = runOrder(running, paymentToken, this.options.stepMs ?? 150, this.stop.signal);
    void saga.catch(() => undefined); // only closing the shop ends it early
    return { status: 202, body: running.order, headers: { location: `/api/v1/orders/${running.order.orderId}` } };
  }

  private listOrders({ buyerId, query }: Request): Answer {
    const own = [...this.orders.values()].filter((running) => running.buyerId === buyerId).map(({ order }) => order);
    return { status: 200, body: page(own.reverse(), query) };
  }

  private running({ id, buyerId }: Request): Running {
    const running = this.orders.get(id);
    return running && running.buyerId === buyerId ? running : refuse('not_found');
  }

  private stream(request: Request): Answer | undefined {
    const running = this.running(request);
    if (running.order.status !== 'pending' && request.headers['last-event-id'] !== undefined) return { status: 204 };
    const { response } = request;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const tell = () => {
      response.write(`event: order\nid: ${running.changes}\ndata: ${JSON.stringify(running.order)}\n\n`);
      if (running.order.status !== 'pending') response.end();
    };
    running.watchers.add(tell);
    response.on('close', () => running.watchers.delete(tell));
    tell();
    return undefined;
  }
}

/** The venue's local date, as `date` is asked for. */
function localDate({ venue, startsAt }: Event): string {
  const options: Intl.DateTimeFormatOptions = { timeZone: zoneOf(venue) ?? 'UTC', dateStyle: 'short' };
  return new Intl.DateTimeFormat('en-CA', options).format(new Date(startsAt));
}

function alive(hold: Hold): boolean {
  return Date.parse(hold.expiresAt) > Date.now();
}
