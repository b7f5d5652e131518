import {
  ConfigError,
  boolean,
  decimal,
  defineSettings,
  integer,
  loadConfig,
  oneOf,
  secret,
  settingRows,
  text,
  url,
  urlList,
} from './index';

const settings = defineSettings(
  'payment-provider',
  {
    PAYMENT_PROVIDER_SLOW_MS: integer({ min: 0, max: 60_000, default: 5_000, why: 'how slow tok_slow is' }),
    PAYMENT_PROVIDER_LOSES: decimal({ min: 0, max: 1, default: 0, why: 'share of answers that are lost' }),
    PAYMENT_PROVIDER_SECRET: secret({ minLength: 8, why: 'signs the statement' }),
    PAYMENT_PROVIDER_MODE: oneOf(['calm', 'wild'], { default: 'calm', why: 'how it behaves' }),
    PAYMENT_PROVIDER_LOUD: boolean({ optional: true, why: 'a test' }),
  },
  { peers: ['orders'], database: true },
);
const enough = {
  PAYMENT_PROVIDER_SECRET: 'longenough',
  ORDERS_URLS: 'http://a:1, http://b:2/',
  DATABASE_URL: 'postgres://h:5433',
};

test('what is set is read, what is not has its default', () => {
  const config = settings.load({
    ...enough,
    PAYMENT_PROVIDER_LOSES: '0.25',
    PAYMENT_PROVIDER_PORT: '8090',
    STAMPEDE_REPLICA: '2',
  });
  expect(config).toMatchObject({
    ...{ PAYMENT_PROVIDER_SLOW_MS: 5_000, PAYMENT_PROVIDER_LOSES: 0.25, PAYMENT_PROVIDER_LOUD: undefined },
    ...{
      port: 8_090,
      adminPort: 0,
      host: '127.0.0.1',
      instance: 'payment-provider-2',
      drainMs: 0,
      parentPipe: false,
      migrate: 'start',
    },
    peers: { orders: ['http://a:1', 'http://b:2'] },
  });
});

test('every wrong, missing and unknown variable is named at once, and no secret is shown', () => {
  const wrong = () =>
    settings.load({
      ...{ PAYMENT_PROVIDER_SLOW_MS: '5s', PAYMENT_PROVIDER_LOSES: '1.5', PAYMENT_PROVIDER_SECRET: 'hunter2' },
      ...{
        PAYMENT_PROVIDER_MODE: 'tame',
        PAYMENT_PROVIDER_LOUD: 'yes',
        PAYMENT_PROVIDER_SLOWMS: '1',
        DATABASE_URL: 'mysql://h',
      },
    });
  expect(wrong).toThrow(ConfigError);
  let message = '';
  try {
    wrong();
  } catch (error) {
    ({ message } = error as Error);
  }
  expect(message.split('\n')).toEqual([
    'the configuration is not valid:',
    '  PAYMENT_PROVIDER_SLOW_MS must be whole number from 0 to 60000, not "5s"',
    '  PAYMENT_PROVIDER_LOSES must be number from 0 to 1, not "1.5"',
    '  PAYMENT_PROVIDER_SECRET must be secret of at least 8 characters',
    '  PAYMENT_PROVIDER_MODE must be calm or wild, not "tame"',
    '  PAYMENT_PROVIDER_LOUD must be true or false, not "yes"',
    '  ORDERS_URLS is missing: http or https addresses, separated by commas (addresses of orders)',
    '  DATABASE_URL must be postgres or postgresql address, not "mysql://h"',
    '  PAYMENT_PROVIDER_SLOWMS is not known; PAYMENT_PROVIDER_SLOW_MS is',
  ]);
});

test('a step that only migrates needs its database and nothing else, but what it is told must be right', () => {
  const step = { STAMPEDE_MIGRATE: 'only', DATABASE_URL: 'postgres://h:5433' };
  expect(settings.load(step)).toMatchObject({ migrate: 'only', PAYMENT_PROVIDER_SLOW_MS: 5_000 });
  expect(() => settings.load({ STAMPEDE_MIGRATE: 'only' })).toThrow(/DATABASE_URL is missing/);
  expect(() => settings.load({ ...step, PAYMENT_PROVIDER_SLOW_MS: 'x' })).toThrow(/PAYMENT_PROVIDER_SLOW_MS/);
});

test("a service's own database and address list are known, and the variables of others are not its business", () => {
  const { DATABASE_URL: _, ...rest } = enough;
  const own = {
    ...rest,
    PAYMENT_PROVIDER_DATABASE_URL: 'postgres://h/p',
    PAYMENT_PROVIDER_URLS: 'http://x',
    CATALOG_ODD: '1',
  };
  expect(() => settings.load(own)).not.toThrow();
});

test('an empty variable counts as not set', () => {
  expect(() => settings.load({ ...enough, PAYMENT_PROVIDER_SLOW_MS: '', PAYMENT_PROVIDER_ODD: '' })).not.toThrow();
  expect(() => settings.load({ ...enough, ORDERS_URLS: '' })).toThrow(/ORDERS_URLS is missing/);
});

test.each([
  [{ A: integer({ min: 1, max: 5, why: 'w' }) }, ['1', '5'], ['0', '6', '1.0', '0x1', '1e0', ' 1', '']],
  [{ A: url({ why: 'w' }) }, ['http://a', 'https://a:1/b'], ['a', 'ftp://a', 'http:', '//a']],
  [{ A: urlList({ why: 'w' }) }, ['http://a', 'http://a,http://b'], ['http://a,', 'http://a;http://b', 'a,b']],
  [{ A: text({ pattern: /^[a-z]+$/, why: 'w' }) }, ['abc'], ['ABC', '1']],
])('%j takes %j and not %j', (variables, good, bad) => {
  for (const A of good) expect(() => loadConfig(variables, { env: { A } })).not.toThrow();
  for (const A of bad) expect(() => loadConfig(variables, { env: { A } })).toThrow(ConfigError);
});

test("the rows of a service's table say what is allowed, what is needed and why", () => {
  const rows = settingRows(settings);
  expect(rows[0]).toEqual({
    ...{
      name: 'PAYMENT_PROVIDER_SLOW_MS',
      allowed: 'whole number from 0 to 60000',
      default: '5000',
      why: 'how slow tok_slow is',
    },
  });
  expect(rows.find(({ name }) => name === 'ORDERS_URLS')).toMatchObject({ default: 'required' });
  expect(rows.find(({ name }) => name === 'DATABASE_URL')).toMatchObject({ default: 'required' });
  expect(rows.find(({ name }) => name === 'PAYMENT_PROVIDER_LOUD')).toMatchObject({ default: 'none' });
});

test('a protection that is switched off outside of a lab, or that there is not, stops the boot', () => {
  const boot = (env: Record<string, string>) => () => settings.load({ ...enough, ...env });
  expect(boot({ STAMPEDE_MITIGATIONS_OFF: 'ask-provider-by-key' })).toThrow(/only with STAMPEDE_LAB=1/);
  expect(boot({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: 'a-typo' })).toThrow(/names a-typo: there are/);
  expect(boot({ STAMPEDE_LAB: '1', STAMPEDE_MITIGATIONS_OFF: 'ask-provider-by-key' })).not.toThrow();
});

test('only a service that uses Redis is told of it', () => {
  expect(Object.keys(defineSettings('seats', {}).variables)).not.toContain('REDIS_URL');
  const redisUrl = 'redis://127.0.0.1:6379';
  const config = defineSettings('seats', {}, { redis: true }).load({ REDIS_URL: redisUrl });
  expect(config).toMatchObject({ redisUrl });
});
