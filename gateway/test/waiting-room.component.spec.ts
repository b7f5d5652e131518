import { uuidv7 } from '@stampede/db';
import { setTimeout as delay } from 'node:timers/promises';
import { openGateway, type OpenGateway } from './open-gateway';

const POLL_MS = 50;

let shop: OpenGateway;
beforeAll(async () => {
  shop = await openGateway();
  await shop.addReplica();
});
afterAll(() => shop.close());

describe('a waiting room', () => {
  const queue = (eventId: string) => `/api/v1/events/${eventId}/queue`;

  test("admits in the order of arrival, at its rate, and keeps everybody's place", async () => {
    const eventId = shop.addEvent({ admitPerSecond: 1 });
    const [first, second, third] = [await shop.bearer(), await shop.bearer(), await shop.bearer()];
    await shop.http().get(queue(eventId)).set(second).expect(404);
    expect((await shop.http().post(queue(eventId)).set(first).expect(202)).body).toMatchObject({
      state: 'admitted',
      position: 0,
    });
    expect((await shop.http(1).post(queue(eventId)).set(second).expect(202)).body).toEqual({
      state: 'waiting',
      position: 1,
      estimatedWaitSeconds: 1,
    });
    expect((await shop.http().post(queue(eventId)).set(third).expect(202)).body).toMatchObject({
      state: 'waiting',
      position: 2,
    });
    expect((await shop.http().post(queue(eventId)).set(third).expect(202)).body).toMatchObject({
      state: 'waiting',
      position: expect.any(Number),
    });
    let place = (await shop.http(1).get(queue(eventId)).set(second).expect(200)).body;
    while (place.state === 'waiting') {
      await delay(POLL_MS); // a buyer who polls without a pause is over the quota
      place = (await shop.http(1).get(queue(eventId)).set(second).expect(200)).body;
    }
    expect(place).toMatchObject({ position: 0, estimatedWaitSeconds: 0, admissionToken: expect.any(String) });
  });

  test('lets in who shows an admission of their own or is remembered, and nobody else', async () => {
    const eventId = shop.addEvent({ admitPerSecond: 1 });
    const [ann, ben] = [await shop.bearer(), await shop.bearer()];
    const { admissionToken } = (await shop.http().post(queue(eventId)).set(ann).expect(202)).body;
    const hold = (who: object, headers = {}) =>
      shop
        .http()
        .post('/api/v1/holds')
        .set({ ...who, 'idempotency-key': uuidv7(), ...headers })
        .send({ eventId, category: 'CAT1', quantity: 1 });
    await hold(ann).expect(201);
    await hold(ann, { 'admission-token': admissionToken }).expect(201);
    await hold(ben, { 'admission-token': admissionToken }).expect(403);
    await hold(ben, { 'admission-token': 'forged' }).expect(403);
  });

  test('takes no body', async () => {
    const eventId = shop.addEvent();
    const answer = await shop
      .http()
      .post(queue(eventId))
      .set(await shop.bearer())
      .send({ hurry: true })
      .expect(400);
    expect(answer.body.errors).toEqual([{ pointer: '/hurry', detail: 'is not known' }]);
  });

  test('outlives its gateway', async () => {
    const eventId = shop.addEvent({ admitPerSecond: 1 });
    await shop
      .http()
      .post(queue(eventId))
      .set(await shop.bearer())
      .expect(202);
    const late = await shop.bearer();
    await shop.http().post(queue(eventId)).set(late).expect(202);
    await shop.addReplica();
    const { body } = await shop
      .http(shop.replicas.length - 1)
      .get(queue(eventId))
      .set(late)
      .expect(200);
    expect(['waiting', 'admitted']).toContain(body.state);
  });

  test('is open to everybody where the event has none', async () => {
    const eventId = shop.addEvent();
    expect(
      (
        await shop
          .http()
          .post(queue(eventId))
          .set(await shop.bearer())
          .expect(202)
      ).body,
    ).toEqual({ state: 'admitted', position: 0, estimatedWaitSeconds: 0 });
  });
});
