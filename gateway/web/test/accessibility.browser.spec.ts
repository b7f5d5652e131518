import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { inBrowser } from './browser';
import { newEmail, openMatch, pay, problem, signIn } from './buyer';

/** Serious and critical findings of axe on the page as it is. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${page.url()} ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** A page wider than the screen has to be panned on a phone. */
async function overflow(page: Page): Promise<string[]> {
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  return tooWide ? [`${page.url()} is wider than the screen`] : [];
}

const looks = [
  { name: 'light, desktop', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'dark, desktop', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { name: 'light, phone', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { name: 'dark, phone', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const;

inBrowser('accessibility', (shop) => {
  test.each(looks)('nothing serious stands in a buyer’s way on any page: $name', async ({ colorScheme, viewport }) => {
    const page = await shop.visit({ colorScheme, viewport, reducedMotion: 'reduce' });
    const found: string[] = [];
    const look = async () => {
      found.push(...(await findings(page)), ...(await overflow(page)));
    };
    await page.goto('/');
    await page.locator('.fixture').first().waitFor();
    await look();
    await openMatch(page);
    await look();
    await page.getByRole('button', { name: 'Hold 2 seats' }).click();
    await page.getByLabel('E-mail').waitFor();
    await look();
    await signIn(page, newEmail());
    await page.waitForURL('**/checkout/**');
    await look();
    await page.route('**/api/v1/orders', (route) => route.fulfill(problem(503, 'overloaded', 5)), { times: 1 });
    await pay(page, 'Slow bank');
    await page.getByText('The shop is very busy').waitFor();
    await look();
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText('Asking the bank').waitFor();
    await look();
    await page.getByText('Your tickets').waitFor();
    await page.locator('.qr svg').first().waitFor();
    await look();
    await page.getByRole('link', { name: 'My orders' }).click();
    await page.locator('.fixture').first().waitFor();
    await look();
    await holdSecond(page);
    await look();
    await page.goto(`/events/${await shop.queuedEventId()}`);
    await page.getByRole('link', { name: 'Join the waiting room' }).waitFor();
    await look();
    const far = { state: 'waiting', position: 1_240, estimatedWaitSeconds: 620 };
    await page.route('**/queue', (route) =>
      route.fulfill({ status: 202, headers: { 'retry-after': '30' }, json: far }),
    );
    await page.getByRole('link', { name: 'Join the waiting room' }).click();
    await page.getByText('1,240').first().waitFor();
    await look();
    await page.goto('/nowhere');
    await look();
    expect(found).toEqual([]);
  });
});

/** A refused payment for another match, seen at its end. */
async function holdSecond(page: Page): Promise<void> {
  await page.goto('/');
  await page.locator('.fixture').nth(1).click();
  await page.getByText('Category 2').click();
  await page.getByRole('button', { name: 'Hold 2 seats' }).click();
  await page.waitForURL('**/checkout/**');
  await pay(page, 'Empty account');
  await page.getByText('Not enough money on the card').waitFor();
}
