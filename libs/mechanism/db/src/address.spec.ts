import { serviceDatabaseUrl } from './address';

test('a service uses the database of its name on the common server', () => {
  const env = { DATABASE_URL: 'postgres://u:p@db:5432/postgres?sslmode=require' };
  expect(serviceDatabaseUrl(env, 'payment-provider')).toBe('postgres://u:p@db:5432/payment-provider?sslmode=require');
  expect(serviceDatabaseUrl({ DATABASE_URL: 'postgres://db' }, 'orders')).toBe('postgres://db/orders');
});

test('an address of its own wins', () => {
  const env = { DATABASE_URL: 'postgres://db', PAYMENT_PROVIDER_DATABASE_URL: 'postgresql://other/ledger' };
  expect(serviceDatabaseUrl(env, 'payment-provider')).toBe('postgresql://other/ledger');
});

test('a missing or a wrong address names its variable and shows no password', () => {
  expect(() => serviceDatabaseUrl({}, 'orders')).toThrow('set DATABASE_URL or ORDERS_DATABASE_URL');
  expect(() => serviceDatabaseUrl({ DATABASE_URL: 'http://u:secret@db' }, 'orders')).toThrow(/^DATABASE_URL must be/);
  expect(() => serviceDatabaseUrl({ ORDERS_DATABASE_URL: 'secret' }, 'orders')).toThrow(/^ORDERS_DATABASE_URL must be/);
});
