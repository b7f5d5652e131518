import { learnShopTime, shopNow } from './clock';

test('the shop’s time is learnt from whole-second dates, closer than a second', () => {
  const aheadMs = 90_300;
  for (let call = 0; call < 20; call += 1) {
    const sentAtMs = Date.now() + call * 137;
    const shopMs = sentAtMs + 10 + aheadMs;
    learnShopTime(new Date(shopMs).toUTCString(), sentAtMs, sentAtMs + 20);
  }
  expect(Math.abs(shopNow() - Date.now() - aheadMs)).toBeLessThan(150);
});

test('a clock that was set is learnt anew, and nonsense teaches nothing', () => {
  const now = Date.now();
  learnShopTime(new Date(now - 3_600_000).toUTCString(), now, now + 10);
  learnShopTime('yesterday', now, now + 10);
  learnShopTime(null, now, now + 10);
  expect(Math.abs(shopNow() - Date.now() + 3_600_000)).toBeLessThan(1_100);
});
