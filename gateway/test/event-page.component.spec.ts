import { uuidv7 } from '@stampede/db';
import { Unavailable } from '@stampede/service-kit';
import { openGateway, type OpenGateway } from './open-gateway';

let shop: OpenGateway;
beforeAll(async () => {
  shop = await openGateway();
});
afterAll(() => shop.close());

describe('an event page', () => {
  test('shows prices and free seats', async () => {
    const eventId = shop.addEvent();
    const { body } = await shop.http().get(`/api/v1/events/${eventId}`).expect(200);
    expect(body).toMatchObject({ eventId, onSale: true, waitingRoom: false, degraded: [] });
    expect(body.categories).toEqual([
      { category: 'CAT1', price: { amount: 100, currency: 'USD' }, capacity: 10, available: 7 },
    ]);
  });

  test('answers without what cannot be had, and says what that is', async () => {
    const eventId = shop.addEvent();
    const { readAvailability } = shop.inventory.handlers;
    const { priceCategories } = shop.pricing.handlers;
    const away = () => {
      throw new Unavailable();
    };
    shop.inventory.handlers.readAvailability = away;
    shop.pricing.handlers.priceCategories = away;
    const { body } = await shop.http().get(`/api/v1/events/${eventId}`).expect(200);
    expect(body.degraded).toEqual(['availability', 'pricing']);
    expect(body.categories).toEqual([{ category: 'CAT1', price: null, capacity: 10, available: null }]);
    Object.assign(shop.inventory.handlers, { readAvailability });
    Object.assign(shop.pricing.handlers, { priceCategories });
  });

  test('does not wait for a slow part: it is left out, and there for who comes next', async () => {
    const eventId = shop.addEvent();
    const { readAvailability } = shop.inventory.handlers;
    const slow = Promise.withResolvers<{ categories: { category: 'CAT1'; capacity: number; available: number }[] }>();
    shop.inventory.handlers.readAvailability = () => slow.promise;
    const { body } = await shop.http().get(`/api/v1/events/${eventId}`).expect(200); // inventory has not answered
    expect(body.degraded).toEqual(['availability']);
    slow.resolve({ categories: [{ category: 'CAT1', capacity: 10, available: 3 }] });
    const { body: next } = await shop.http().get(`/api/v1/events/${eventId}`).expect(200);
    expect(next.degraded).toEqual([]);
    Object.assign(shop.inventory.handlers, { readAvailability });
  });

  test('that must have all its parts fails with the first that is away', async () => {
    const eventId = shop.addEvent();
    const { priceCategories } = shop.pricing.handlers;
    shop.pricing.handlers.priceCategories = () => {
      throw new Unavailable();
    };
    await shop.addReplica({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: 'page-in-parts' });
    await shop
      .http(shop.replicas.length - 1)
      .get(`/api/v1/events/${eventId}`)
      .expect(503);
    Object.assign(shop.pricing.handlers, { priceCategories });
  });

  test('of a known event is there with catalog gone, at a new replica too; of another it is 503', async () => {
    const eventId = shop.addEvent();
    await shop.http().get(`/api/v1/events/${eventId}`).expect(200);
    const { readEvent } = shop.catalog.handlers;
    shop.catalog.handlers.readEvent = () => {
      throw new Unavailable();
    };
    await shop.addReplica();
    const late = shop.replicas.length - 1;
    expect((await shop.http(late).get(`/api/v1/events/${eventId}`).expect(200)).body.degraded).toEqual(['event']);
    const answer = await shop.http(late).get(`/api/v1/events/${uuidv7()}`).expect(503);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    Object.assign(shop.catalog.handlers, { readEvent });
    await shop.http().get(`/api/v1/events/${uuidv7()}`).expect(404);
    await shop.http().get('/api/v1/events/17').expect(400);
  });
});
