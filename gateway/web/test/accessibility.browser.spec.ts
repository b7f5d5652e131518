import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { inBrowser } from './browser';
import { newEmail, openMatch, pay, problem, signIn } from './buyer';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

/** Serious and critical findings of axe on the page as it is, in light on a desk and in dark on a phone; what is
 *  too wide for a phone too. */
async function findings(page: Page): Promise<string[]> {
  const found = await inspect(page, 'light', DESKTOP);
  found.push(...(await inspect(page, 'dark', PHONE)));
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (tooWide) found.push(`${page.url()} is wider than a phone`);
  return found;
}

async function inspect(page: Page, colorScheme: 'light' | 'dark', viewport: { width: number; height: number }) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => {
    const here = (globalThis as unknown as { axe: typeof axe }).axe;
    return here.run({ resultTypes: ['violations'] });
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${page.url()} ${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

inBrowser('accessibility', (shop) => {
  test('nothing serious stands in a buyer’s way on any page, in light, in dark, on a phone', async () => {
    const page = await shop.visit({ reducedMotion: 'reduce' });
    const found: string[] = [];
    const look = async () => {
      found.push(...(await findings(page)));
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
    await page.getByRole('listitem').getByText('Asking the bank').waitFor();
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
    await page.route('**/api/v1/events/*/queue', (route) =>
      route.fulfill({ status: 202, headers: { 'retry-after': '30' }, json: far }),
    );
    await page.getByRole('link', { name: 'Join the waiting room' }).click();
    await page.locator('.position', { hasText: '1,240' }).waitFor();
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
