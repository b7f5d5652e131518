import { openService, type RunningService } from '@stampede/service-kit/testing';
import { PRICING_VERSIONS } from '@stampede/topology';
import { settings } from '../src/config';
import { partsOf } from '../src/pricing.module';

const EVENT_ID = '0198f2a0-0000-7000-8000-000000000000';
const demand = { category: 'CAT1', listPrice: { amount: 10_000, currency: 'USD' }, capacity: 100, available: 100 };

let service: RunningService;
afterEach(() => service.stop());

const open = async (version: string): Promise<RunningService> => {
  service = await openService({ settings, load: partsOf, env: { PRICING_VERSION: version, STAMPEDE_LAB: '1' } });
  return service;
};

/** Quotes one after the other, each with the milliseconds that it took. */
async function quotes(count: number) {
  const answers: { status: number; tookMs: number; body: Record<string, number> }[] = [];
  for (let asked = 0; asked < count; asked += 1) {
    const startedAt = performance.now();
    const response = await fetch(`${service.url}/quotes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ eventId: EVENT_ID, demand, quantity: 2, countryCode: 'US' }),
    });
    const body = (await response.json()) as Record<string, number>;
    answers.push({ status: response.status, tookMs: performance.now() - startedAt, body });
  }
  return answers;
}

test('v2 differs from v1 in nothing but its name', async () => {
  await open('v1');
  const [before] = await quotes(1);
  await service.stop();
  await open('v2');
  const after = await quotes(100);
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 200));
  expect(after.at(-1)?.body).toEqual({ ...before?.body, pricingVersion: 'v2' });
});

test('v2-errors fails one request in a hundred, as a problem that tells nothing', async () => {
  await open('v2-errors');
  const failed = (await quotes(200)).filter(({ status }) => status !== 200);
  expect(failed.map(({ status }) => status)).toEqual([500, 500]);
  expect(failed[0]?.body).toMatchObject({ code: 'internal' });
});

test('v2-late keeps one answer in ten', async () => {
  await open('v2-late');
  const late = (await quotes(20)).filter(({ tookMs }) => tookMs >= 249);
  expect(late).toHaveLength(2);
});

test('v2-cent answers 200 with a total that is a cent more than its parts, once in fifty', async () => {
  await open('v2-cent');
  const answers = await quotes(100);
  const wrong = answers.filter(
    ({ body: { subtotal = 0, fees = 0, tax = 0, total } }) => total !== subtotal + fees + tax,
  );
  expect(wrong).toHaveLength(2);
  expect(wrong[0]).toMatchObject({ status: 200, body: { total: 23_491, pricingVersion: 'v2-cent' } });
});

test('v2-leak takes a quarter of a MiB ten times a second, and gives nothing back', async () => {
  await open('v2-leak');
  const held = () => process.memoryUsage().arrayBuffers;
  const before = held();
  const startedAt = performance.now();
  while (held() - before < 2 ** 20) {
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await quotes(1);
  }
  expect(performance.now() - startedAt).toBeGreaterThan(200);
});

test('v2-slow-start lives and is not ready', async () => {
  await open('v2-slow-start');
  expect((await fetch(`${service.adminUrl}/livez`)).status).toBe(200);
  expect((await fetch(`${service.adminUrl}/readyz`)).status).toBe(503);
});

test('v2-crash never serves', async () => {
  await expect(open('v2-crash')).rejects.toThrow('ends while it starts');
});

test.each(PRICING_VERSIONS.filter(({ defective }) => defective))(
  '$version is refused where nothing is practised',
  ({ version }) => {
    expect(() => settings.load({ PRICING_VERSION: version })).toThrow('only with STAMPEDE_LAB=1');
    expect(settings.load({ PRICING_VERSION: version, STAMPEDE_LAB: '1' }).PRICING_VERSION).toBe(version);
  },
);
