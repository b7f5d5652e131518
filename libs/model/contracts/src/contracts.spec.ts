import {
  EventQuery,
  IDEMPOTENCY_KEY_PATTERN,
  Id,
  Instant,
  NewEvent,
  Text,
  openApiDocument,
  publicRoutes,
} from './index';

const event = {
  name: 'Final',
  startsAt: '2027-07-19T19:00:00Z',
  onSaleAt: '2026-12-01T10:00:00Z',
  venue: { name: 'MetLife Stadium', city: 'New York/New Jersey (East Rutherford)', countryCode: 'US' },
  categories: [{ category: 'CAT1', capacity: 100, price: { amount: 10_000, currency: 'USD' } }],
};

test('an event as the contract shows it is taken', () => {
  expect(NewEvent.parse(event)).toEqual(event);
});

test('an id is the same in whichever case it is sent', () => {
  expect(Id.parse('0197F3D2-5B7A-7CC0-8F00-5D7D2A1B9C3E')).toBe('0197f3d2-5b7a-7cc0-8f00-5d7d2a1b9c3e');
});

test.each([
  ['an unknown field', { ...event, colour: 'red' }],
  ['a category twice', { ...event, categories: [event.categories[0], event.categories[0]] }],
  ['no category', { ...event, categories: [] }],
  [
    'two currencies',
    {
      ...event,
      categories: [event.categories[0], { category: 'CAT2', capacity: 1, price: { amount: 1, currency: 'CAD' } }],
    },
  ],
  ['30 February', { ...event, startsAt: '2027-02-30T00:00:00Z' }],
  ['a local time', { ...event, startsAt: '2027-07-19T19:00:00+02:00' }],
  [
    'a fraction of a cent',
    { ...event, categories: [{ category: 'CAT1', capacity: 1, price: { amount: 0.5, currency: 'USD' } }] },
  ],
  [
    'a capacity of 100,001',
    { ...event, categories: [{ category: 'CAT1', capacity: 100_001, price: { amount: 1, currency: 'USD' } }] },
  ],
])('an event with %s is refused', (_, body) => {
  expect(NewEvent.safeParse(body).success).toBe(false);
});

test('text counts characters, not code units, and holds no control character or lone surrogate', () => {
  expect(Text.safeParse('🎟'.repeat(200)).success).toBe(true);
  for (const text of ['', '🎟'.repeat(201), 'a\u0000b', 'a\u009f', '\ud800'])
    expect(Text.safeParse(text).success).toBe(false);
});

test.each(['1e2', ' 5', '0x10', '0', '-1', '10001', ''])('page=%s is no page', (page) => {
  expect(EventQuery.safeParse({ page }).success).toBe(false);
});

test('an id is a UUIDv7 and a time is in UTC', () => {
  expect(Id.safeParse('0198f2a0-0000-4000-8000-000000000000').success).toBe(false);
  expect(Id.safeParse('0198f2a0-0000-7000-8000-000000000000').success).toBe(true);
  expect(Instant.safeParse('2026-12-01T24:00:00Z').success).toBe(false);
});

test('an idempotency key is printable and at most 255 long', () => {
  const pattern = new RegExp(IDEMPOTENCY_KEY_PATTERN);
  for (const key of ['a', 'a b', '~'.repeat(255)]) expect(pattern.test(key)).toBe(true);
  for (const key of ['', ' a', 'ä', '~'.repeat(256), 'a\nb']) expect(pattern.test(key)).toBe(false);
});

test('the OpenAPI document resolves every reference and names every route with its problems', () => {
  const document = openApiDocument('1.0.0') as {
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, { headers: object }> }>>;
    components: { schemas: object };
  };
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1],
  );
  expect(references.length).toBeGreaterThan(0);
  for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(publicRoutes).sort());
  const place = document.paths['/api/v1/orders']?.['post'];
  expect(Object.keys(place?.responses ?? {})).toEqual(
    expect.arrayContaining(['201', '202', '400', '401', '403', '404', '409', '413', '415', '422', '429', '503']),
  );
  expect(Object.keys(place?.responses['429']?.headers ?? {})).toEqual([
    'x-trace-id',
    'Retry-After',
    'RateLimit',
    'RateLimit-Policy',
  ]);
});
