import { catalogApi, inventoryApi, ordersApi, pricingApi, auditApi, type CatalogEvent } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';
import { testDatabase } from '@stampede/db/testing';
import { NotFound } from '@stampede/service-kit';
import { fakePeer, openService, type FakePeer, type RunningService } from '@stampede/service-kit/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { settings } from '../src/config';
import { partsOf } from '../src/gateway.module';

export const QUOTE = { currency: 'USD', subtotal: 100, fees: 8, tax: 9, total: 117, pricingVersion: 'v1' };
const LIST_PRICE = { amount: 100, currency: 'USD' };

/** The gateway over real PostgreSQL; its peers are made from their contracts and know the events in `events`. */
export interface OpenGateway {
  readonly events: Map<string, CatalogEvent>;
  readonly catalog: FakePeer<typeof catalogApi>;
  readonly pricing: FakePeer<typeof pricingApi>;
  readonly inventory: FakePeer<typeof inventoryApi>;
  readonly orders: FakePeer<typeof ordersApi>;
  readonly replicas: RunningService[];
  http(replica?: number): ReturnType<typeof request>;
  /** An event that is on sale, known to catalog. */
  addEvent(changes?: Partial<CatalogEvent>): string;
  /** The Authorization header of a buyer, by e-mail. */
  bearer(email?: string, replica?: number): Promise<{ authorization: string }>;
  token(role: 'organiser' | 'operator'): Promise<{ authorization: string }>;
  /** Prometheus text of the first replica. */
  metrics(): Promise<string>;
  addReplica(env?: Record<string, string>): Promise<RunningService>;
  close(): Promise<void>;
}

export async function openGateway(env: Record<string, string> = {}): Promise<OpenGateway> {
  const events = new Map<string, CatalogEvent>();
  const find = (eventId: string): CatalogEvent => {
    const event = events.get(eventId);
    if (event === undefined) throw new NotFound();
    return event;
  };
  const catalog = await fakePeer(catalogApi, {
    readEvent: ({ eventId }) => find(eventId),
    listEvents: ({ page, pageSize }) => ({ items: [], page, pageSize, total: 0 }),
    listDrafts: () => ({ drafts: [] }),
    draftEvent: ({ eventId, event, organiserId }) => {
      const { admitPerSecond = null, ...rest } = event;
      const stored = { ...rest, eventId, organiserId, admitPerSecond, waitingRoom: admitPerSecond !== null };
      events.set(eventId, stored);
      return stored;
    },
    publishEvents: () => undefined,
  });
  const pricing = await fakePeer(pricingApi, {
    quote: () => QUOTE,
    priceCategories: ({ categories }) => ({
      prices: categories.map(({ category }) => ({ category, price: LIST_PRICE })),
      pricingVersion: 'v1',
    }),
  });
  const inventory = await fakePeer(inventoryApi, {
    openEvents: () => undefined,
    readAvailability: () => ({ categories: [{ category: 'CAT1', capacity: 10, available: 7 }] }),
    claimHoldKey: () => ({ kind: 'claim', claimId: 'claim' }),
    settleHoldKey: () => undefined,
    holdSeats: ({ eventId, category, quote }) => ({
      holdId: uuidv7(),
      eventId,
      category,
      seats: [{ section: '101', row: 'A', number: 1 }],
      expiresAt: '2999-01-01T00:00:00.000Z',
      quote,
    }),
  });
  const orders = await fakePeer(ordersApi, {
    listOrders: ({ page, pageSize }) => ({ items: [], page, pageSize, total: 0 }),
  });
  const audit = await fakePeer(auditApi, { audit: () => ({ checkedAt: new Date().toISOString(), invariants: [] }) });
  const [store, bus] = [await testDatabase('gateway'), await testDatabase('bus')];
  const web = await builtStorefront();
  const replicas: RunningService[] = [];
  const addReplica = async (more: Record<string, string> = {}) => {
    const peers = {
      CATALOG_URLS: catalog.url,
      PRICING_URLS: pricing.url,
      INVENTORY_URLS: inventory.url,
      ORDERS_URLS: orders.url,
      AUDIT_URLS: audit.url,
    };
    const stores = { GATEWAY_DATABASE_URL: store.url, BUS_DATABASE_URL: bus.url, GATEWAY_WEB_DIR: web };
    const replica = await openService({ settings, load: partsOf, env: { ...peers, ...stores, ...env, ...more } });
    replicas.push(replica);
    return replica;
  };
  await addReplica();
  const http = (replica = 0) => request(replicas[replica]?.url ?? '');
  const admin = () => request(replicas[0]?.adminUrl ?? '');
  return {
    events,
    catalog,
    pricing,
    inventory,
    orders,
    replicas,
    http,
    addReplica,
    addEvent(changes = {}) {
      const event = eventOf(changes);
      events.set(event.eventId, event);
      return event.eventId;
    },
    async bearer(email = `${uuidv7()}@example.org`, replica = 0) {
      const { body } = await http(replica).post('/api/v1/sessions').send({ email }).expect(201);
      return { authorization: `Bearer ${body.accessToken}` };
    },
    metrics: async () => (await admin().get('/metrics').expect(200)).text,
    async token(role) {
      const { body } = await admin().post('/tokens').send({ role }).expect(200);
      return { authorization: `Bearer ${body.accessToken}` };
    },
    async close() {
      for (const replica of replicas) await replica.stop();
      await Promise.all([catalog, pricing, inventory, orders, audit].map((peer) => peer.close()));
      await Promise.all([store.drop(), bus.drop(), rm(web, { recursive: true })]);
    },
  };
}

function eventOf(changes: Partial<CatalogEvent>): CatalogEvent {
  const admitPerSecond = changes.admitPerSecond ?? null;
  return {
    eventId: uuidv7(),
    name: 'Final',
    startsAt: '2999-01-01T00:00:00Z',
    onSaleAt: '2026-01-01T00:00:00Z',
    venue: { name: 'BC Place', city: 'Vancouver', countryCode: 'CA' },
    organiserId: null,
    categories: [{ category: 'CAT1', capacity: 10, price: LIST_PRICE }],
    ...changes,
    admitPerSecond,
    waitingRoom: admitPerSecond !== null,
  };
}

async function builtStorefront(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'web-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Stampede</title>');
  const files = { '/index.html': { type: 'text/html; charset=utf-8', immutable: false } };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ index: '/index.html', files }));
  return folder;
}
