import { compare } from './measure';

const VERSIONS = { primary: 'v1', canary: 'v2' };

/** Both versions, by a Prometheus that knows the series which these words are in. */
function measured(series: Readonly<Record<string, number>>) {
  const query = async (promql: string) => Object.entries(series).find(([words]) => promql.includes(words))?.[1] ?? null;
  return compare({ query }, VERSIONS, 0, 60_000);
}

test('what nobody has scraped is not measured, and no zero', async () => {
  const { primary } = await measured({});
  expect(primary).toMatchObject({ requests: null, errorRatio: null, wrongTotals: null });
});

test('a counter that stands at none is a measured none', async () => {
  const { primary, canary } = await measured({ 'wrong_totals_total{pricing_version="v1"}': 0 });
  expect([primary.wrongTotals, canary.wrongTotals]).toEqual([0, null]);
});

test('errors are a share of the requests, and a version beside another that is asked was asked nothing', async () => {
  const ofPrimary = 'destination_service_name="pricing-primary"';
  const { primary, canary } = await measured({ [`${ofPrimary},response_code=~"5.."`]: 5, [`${ofPrimary}}`]: 500 });
  expect(primary).toMatchObject({ requests: 500, errorRatio: 0.01 });
  expect(canary).toMatchObject({ requests: 0, errorRatio: null });
});

test('without one failed request the share of errors is none', async () => {
  const { primary } = await measured({ 'destination_service_name="pricing-primary"}': 500 });
  expect(primary.errorRatio).toBe(0);
});
