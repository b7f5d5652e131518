import { uuidv7 } from '@stampede/db';
import { Refused, Unavailable } from '@stampede/service-kit';
import { QUOTE, openGateway, type OpenGateway } from './open-gateway';

let shop: OpenGateway;
beforeAll(async () => {
  shop = await openGateway();
});
afterAll(() => shop.close());

describe('a hold', () => {
  async function hold(eventId: string, headers: Record<string, string> = {}, quantity = 1) {
    const buyer = await shop.bearer();
    return shop
      .http()
      .post('/api/v1/holds')
      .set({ ...buyer, 'idempotency-key': uuidv7(), ...headers })
      .send({ eventId, category: 'CAT1', quantity });
  }
  const operations = () =>
    shop.inventory.calls.map(({ operation }) => operation).filter((operation) => operation !== 'openEvents');

  test('is composed of event, price and seats', async () => {
    const answer = await hold(shop.addEvent());
    expect(answer.status).toBe(201);
    expect(answer.body.quote.total).toBe(117);
  });

  test('needs a key, and a body as the contract has it', async () => {
    const buyer = await shop.bearer();
    const eventId = shop.addEvent();
    const post = (body: object) => shop.http().post('/api/v1/holds').set(buyer).send(body);
    expect((await post({ eventId, category: 'CAT1', quantity: 1 }).expect(400)).body.code).toBe(
      'idempotency_key_missing',
    );
    for (const wrong of [{ quantity: 5 }, { quantity: '1' }, { category: 'CAT9' }, { eventId: '1' }, { seat: 1 }]) {
      const answer = await post({ eventId, category: 'CAT1', quantity: 1, ...wrong })
        .set('idempotency-key', 'k')
        .expect(400);
      expect(answer.body).toMatchObject({
        code: 'validation_failed',
        errors: [{ pointer: `/${Object.keys(wrong)[0]}` }],
      });
    }
  });

  test('that was answered is answered again, and nobody is asked for a price', async () => {
    const { claimHoldKey } = shop.inventory.handlers;
    shop.inventory.handlers.claimHoldKey = () => ({
      kind: 'replay',
      answer: { status: 409, body: { code: 'sold_out' } },
    });
    const quotes = shop.pricing.calls.length;
    const answer = await hold(shop.addEvent());
    expect(answer.status).toBe(409);
    expect(answer.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'content-type': expect.stringContaining('application/problem+json'),
    });
    expect(shop.pricing.calls).toHaveLength(quotes);
    Object.assign(shop.inventory.handlers, { claimHoldKey });
  });

  test.each([
    ['an unknown event', () => uuidv7(), 404, 'not_found', true],
    [
      'an event that is not on sale yet',
      () => shop.addEvent({ onSaleAt: '2998-01-01T00:00:00Z' }),
      409,
      'not_on_sale',
      true,
    ],
    ['an event that has begun', () => shop.addEvent({ startsAt: '2026-01-02T00:00:00Z' }), 409, 'sale_closed', true],
    [
      'an event whose waiting room was not entered',
      () => shop.addEvent({ admitPerSecond: 1 }),
      403,
      'not_admitted',
      false,
    ],
  ])('of %s is refused, and a final refusal is stored under the key', async (_, eventId, status, code, stored) => {
    const answer = await hold(eventId());
    expect(answer.body).toMatchObject({ status, code, instance: '/api/v1/holds' });
    const settled = shop.inventory.calls.at(-1);
    expect(settled?.operation).toBe('settleHoldKey');
    expect(settled?.input['answer']).toEqual(stored ? { status, body: answer.body } : undefined);
  });

  test('without a price is refused, frees its key, and holds nothing', async () => {
    const { quote } = shop.pricing.handlers;
    shop.pricing.handlers.quote = () => {
      throw new Unavailable();
    };
    const before = operations().length;
    const answer = await hold(shop.addEvent());
    expect(answer.body).toMatchObject({ status: 503, code: 'pricing_unavailable' });
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(operations().slice(before)).not.toContain('holdSeats');
    Object.assign(shop.pricing.handlers, { quote });
  });

  test('at a total that is a cent wrong is refused, and counted by the version that asked for it', async () => {
    const { quote } = shop.pricing.handlers;
    shop.pricing.handlers.quote = () => ({ ...QUOTE, total: QUOTE.total + 1, pricingVersion: 'v9' });
    const before = operations().length;
    const answer = await hold(shop.addEvent());
    expect(answer.body).toMatchObject({ status: 503, code: 'pricing_unavailable' });
    expect(operations().slice(before)).not.toContain('holdSeats');
    Object.assign(shop.pricing.handlers, { quote });
    expect((await hold(shop.addEvent())).status).toBe(201);
    const metrics = await shop.metrics();
    expect(metrics).toMatch(/^stampede_wrong_totals_total\{pricing_version="v9",service="gateway"\} 1$/m);
    expect(metrics).toMatch(/^stampede_checked_totals_total\{pricing_version="v9",service="gateway"\} 1$/m);
    expect(metrics).toMatch(/^stampede_wrong_totals_total\{pricing_version="v1",service="gateway"\} 0$/m);
  });

  test.each([
    ['canary', 'canary'],
    ['something else', undefined],
  ])('asks the version that is being released for a price where the buyer says %s', async (release, passed) => {
    await hold(shop.addEvent(), { 'x-release': release });
    expect(shop.pricing.calls.at(-1)?.headers['x-release']).toBe(passed);
  });

  test('that inventory refuses is refused alike', async () => {
    const { holdSeats } = shop.inventory.handlers;
    shop.inventory.handlers.holdSeats = () => {
      throw new Refused('purchase_limit', 'four seats');
    };
    expect((await hold(shop.addEvent())).body).toMatchObject({
      status: 409,
      code: 'purchase_limit',
      detail: 'four seats',
    });
    Object.assign(shop.inventory.handlers, { holdSeats });
  });
});
