import type { CrowdResult } from '@stampede/crowd';
import { onsaleProgress, onsaleReport, whyTurnedAway } from './onsale-report';

const crowdOf = (ends: Record<string, number>, orders: CrowdResult['orders'] = new Map()): CrowdResult => ({
  ...{ arrived: Object.values(ends).reduce((sum, count) => sum + count, 0), dropped: 0, present: 0, orders },
  ends: new Map(Object.entries(ends)),
  routes: new Map(),
});

test('an order that its buyer last saw pending is told as seen, beside an audit that may know better', () => {
  const report = onsaleReport(crowdOf({ ordered: 1 }, new Map([['1', { status: 'pending' }]])));
  expect(report).toContain('orders, as last seen by their buyers: 1');
});

test('who was turned away by a busy shop is told what that means', () => {
  const busy = crowdOf({
    looked: 80,
    'turned-away: overloaded': 15,
    'turned-away: 503': 5,
    'turned-away: sold_out': 0,
  });
  expect(whyTurnedAway(busy).join()).toMatch(/^,20 % of the visitors were turned away by a busy shop: .*--rate-scale/);
  expect(onsaleProgress(busy)).toContain('turned away 20');
});

test.each([
  ['few', { looked: 96, 'turned-away: overloaded': 4 }],
  ['who came too late for a seat', { looked: 50, 'turned-away: sold_out': 40, 'turned-away: 404': 10 }],
  ['nobody', {}],
])('%s turned away need no explanation', (_, ends) => {
  expect(whyTurnedAway(crowdOf(ends))).toEqual([]);
});
