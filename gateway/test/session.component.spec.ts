import { uuidv7 } from '@stampede/db';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import request from 'supertest';
import { openGateway, type OpenGateway } from './open-gateway';

let shop: OpenGateway;
beforeAll(async () => {
  shop = await openGateway();
  await shop.addReplica();
});
afterAll(() => shop.close());

describe('a session', () => {
  test('the same e-mail is the same buyer, however it is written and whichever replica is asked', async () => {
    const first = await shop.http().post('/api/v1/sessions').send({ email: 'Ann@Example.org' }).expect(201);
    const again = await shop.http(1).post('/api/v1/sessions').send({ email: 'ann@example.ORG' }).expect(201);
    expect(again.body.buyerId).toBe(first.body.buyerId);
    const livesMs = Date.parse(first.body.expiresAt) - Date.now();
    expect(livesMs / 3_600_000).toBeCloseTo(12, 1);
    await shop
      .http(1)
      .get('/api/v1/orders')
      .set({ authorization: `Bearer ${first.body.accessToken}` })
      .expect(200);
  });

  test('of twenty that sign in with one new e-mail at the same time all are the same buyer', async () => {
    const email = `${uuidv7()}@example.org`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        shop
          .http(n % 2)
          .post('/api/v1/sessions')
          .send({ email })
          .expect(201),
      ),
    );
    expect(new Set(answers.map(({ body }) => body.buyerId)).size).toBe(1);
  });

  test('tokens signed before the key was replaced stay good, and both keys are published', async () => {
    const before = await shop.bearer();
    await request(shop.replicas[0]?.adminUrl ?? '')
      .post('/keys/rotate')
      .send({})
      .expect(200);
    const after = await shop.bearer();
    for (const authorization of [before, after]) await shop.http().get('/api/v1/orders').set(authorization).expect(200);
    const { body } = await shop.http().get('/.well-known/jwks.json').expect(200);
    expect(body.keys).toHaveLength(2);
    expect(JSON.stringify(body)).not.toContain('"d"');
  });

  test('the admin port takes no request that a web page could have sent', async () => {
    const admin = () => request(shop.replicas[0]?.adminUrl ?? '').post('/tokens');
    await admin().set('origin', 'http://evil.example').send({ role: 'operator' }).expect(403);
    await admin().type('text/plain').send('{"role":"operator"}').expect(415);
  });

  async function forged(claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', jwk, ...header })
      .setIssuer('stampede')
      .setAudience('stampede')
      .setSubject(uuidv7())
      .setExpirationTime('1h')
      .sign(privateKey);
  }

  test.each([
    ['no token', async () => undefined],
    ['no bearer', async () => 'Basic YTpi'],
    ['garbage', async () => 'Bearer garbage'],
    ['a key of its own', async () => `Bearer ${await forged({ role: 'operator' })}`],
    [
      'a key id of ours and another key',
      async () => {
        const { body } = await shop.http().get('/.well-known/jwks.json');
        return `Bearer ${await forged({ role: 'operator' }, { kid: body.keys[0].kid })}`;
      },
    ],
    [
      'no signature',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const claims = { iss: 'stampede', aud: 'stampede', sub: uuidv7(), role: 'operator', exp: 4_000_000_000 };
        return `Bearer ${part({ alg: 'none' })}.${part(claims)}.`;
      },
    ],
  ])('%s is no session', async (_, authorization) => {
    const value = await authorization();
    const call = shop.http().get('/api/v1/audit');
    const answer = await (value === undefined ? call : call.set({ authorization: value })).expect(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(answer.body).toMatchObject({ code: 'unauthenticated', instance: '/api/v1/audit' });
  });

  test('a role may do what is its own, and headers that name another caller are ignored', async () => {
    const [buyer, operator] = [await shop.bearer(), await shop.token('operator')];
    expect((await shop.http().get('/api/v1/audit').set(buyer).expect(403)).body.code).toBe('forbidden');
    await shop.http().get('/api/v1/audit').set(operator).expect(200);
    await shop.http().get('/api/v1/orders').set(operator).expect(403);
    await shop
      .http()
      .get('/api/v1/orders')
      .set(buyer)
      .set({ 'x-caller-id': 'other', 'x-caller-role': 'operator' })
      .expect(200);
    const call = shop.orders.calls.at(-1);
    expect(call?.headers).toMatchObject({ 'x-caller-role': 'buyer' });
    expect(call?.headers['x-caller-id']).not.toBe('other');
    expect(Number(call?.headers['x-budget-ms'])).toBeLessThanOrEqual(2_000);
  });
});
