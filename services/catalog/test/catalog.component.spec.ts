import { uuidv7 } from '@stampede/db';
import { testDatabase, type TestDatabase } from '@stampede/db/testing';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import request from 'supertest';
import { parts } from '../src/catalog.module';
import { settings } from '../src/config';

const ORGANISER = uuidv7();

let store: TestDatabase;
let service: RunningService;
let http: ReturnType<typeof request>;

beforeAll(async () => {
  store = await testDatabase('catalog');
  service = await openService({ settings, load: () => parts, env: { CATALOG_DATABASE_URL: store.url } });
  http = request(service.url);
});
afterAll(async () => {
  await service.stop();
  await store.drop();
});

async function drafts(minAgeMs: number): Promise<{ eventId: string; name: string }[]> {
  const { body } = await http.get('/drafts').query({ minAgeMs }).expect(200);
  return body.drafts;
}

function newEvent(name: string) {
  return {
    name,
    startsAt: '2999-01-02T03:00:00Z',
    onSaleAt: '2026-01-01T00:00:00Z',
    venue: { name: 'BC Place', city: 'Vancouver', countryCode: 'CA' },
    categories: [
      { category: 'CAT2', capacity: 50, price: { amount: 5_000, currency: 'CAD' } },
      { category: 'CAT1', capacity: 10, price: { amount: 9_000, currency: 'CAD' } },
    ],
    admitPerSecond: 5,
  };
}

test('the fixtures wait as drafts until they are published, and a second replica adds none', async () => {
  expect((await http.get('/events').expect(200)).body.total).toBe(0);
  const second = await openService({ settings, load: () => parts, env: { CATALOG_DATABASE_URL: store.url } });
  await second.stop();
  const seeded = await drafts(600_000);
  expect(seeded).toHaveLength(104);
  await http
    .post('/publications')
    .send({ eventIds: seeded.map(({ eventId }) => eventId) })
    .expect(204);
  const { body } = await http.get('/events').query({ onSale: 'true', pageSize: '100' }).expect(200);
  expect(body).toMatchObject({ total: 104, page: 1, pageSize: 100 });
  expect(body.items).toHaveLength(100);
  expect(body.items[0]).not.toHaveProperty('categories');
  expect(await drafts(0)).toEqual([]);
});

test('a draft is stored once, is no event yet, and is one after its publication', async () => {
  const eventId = uuidv7();
  const first = await http
    .put(`/drafts/${eventId}`)
    .send({ event: newEvent('First'), organiserId: ORGANISER })
    .expect(200);
  const again = await http
    .put(`/drafts/${eventId}`)
    .send({ event: newEvent('Second'), organiserId: ORGANISER })
    .expect(200);
  expect(again.body).toEqual(first.body);
  await http.get(`/events/${eventId}`).expect(404);
  expect(await drafts(600_000)).toEqual([]); // too young for a sweep
  expect(await drafts(0)).toHaveLength(1);
  await http
    .post('/publications')
    .send({ eventIds: [eventId] })
    .expect(204);
  const { body } = await http.get(`/events/${eventId}`).expect(200);
  expect(body).toMatchObject({ name: 'First', organiserId: ORGANISER, waitingRoom: true, admitPerSecond: 5 });
  expect(body.categories.map((item: { category: string }) => item.category)).toEqual(['CAT1', 'CAT2']);
});

test('events are found by city, by the day at the venue, and by whether they sell', async () => {
  const eventId = uuidv7();
  await http
    .put(`/drafts/${eventId}`)
    .send({ event: newEvent('Evening'), organiserId: ORGANISER })
    .expect(200);
  await http
    .post('/publications')
    .send({ eventIds: [eventId] })
    .expect(204);
  const names = async (query: object) =>
    (await http.get('/events').query(query).expect(200)).body.items.map((item: { name: string }) => item.name);
  expect(await names({ city: 'Vancouver', date: '2999-01-01' })).toContain('Evening'); // 20:00 the day before at UTC-7
  expect(await names({ city: 'Vancouver', date: '2999-01-02' })).toEqual([]);
  expect(await names({ city: 'vancouver' })).toEqual([]);
  expect(await names({ date: '2999-01-01', onSale: 'false' })).toEqual([]);
  await http.get('/events').query({ colour: 'red' }).expect(400);
});
