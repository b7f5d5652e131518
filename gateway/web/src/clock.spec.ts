import { learnShopTime, shopNow } from './clock';

const NOW = Date.parse('2026-06-11T19:00:00.400Z');

beforeEach(() => jest.useFakeTimers({ now: NOW }));
afterEach(() => jest.useRealTimers());

test('the shop’s time is learnt from whole-second dates, closer than a second', () => {
  const aheadMs = 90_300;
  for (let call = 0; call < 20; call += 1) {
    const sentAtMs = NOW + call * 137;
    const shopMs = sentAtMs + 10 + aheadMs;
    learnShopTime(new Date(shopMs).toUTCString(), sentAtMs, sentAtMs + 20);
  }
  expect(Math.abs(shopNow() - NOW - aheadMs)).toBeLessThan(150);
});

test('a clock that was set is learnt anew, and nonsense teaches nothing', () => {
  learnShopTime(new Date(NOW - 3_600_000).toUTCString(), NOW, NOW + 10);
  learnShopTime('yesterday', NOW, NOW + 10);
  learnShopTime(null, NOW, NOW + 10);
  expect(Math.abs(shopNow() - NOW + 3_600_000)).toBeLessThan(1_010);
});
