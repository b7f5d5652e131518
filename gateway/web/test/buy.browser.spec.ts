import type { Page } from 'playwright-core';
import { inBrowser } from './browser';
import { holdSeats, keysSentTo, newEmail, openMatch, ordersOf, pay, signIn } from './buyer';

const MOST_TABS = 80;

/** Presses Tab until the focus is where `selector` is, as a buyer without a mouse would. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < MOST_TABS; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`${selector} cannot be reached by keyboard`);
}

inBrowser('buying', (shop) => {
  test('a buyer goes from the list of matches to scannable tickets', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    const total = (await page.locator('.quote .total dd').textContent()) ?? '';
    expect(await page.getByRole('button', { name: /^Pay / }).textContent()).toBe(`Pay ${total}`);
    await pay(page);
    await page.getByText('Your tickets').waitFor();
    expect(await page.locator('.order-status').textContent()).toContain(`Confirmed2 seats, ${total}`);
    const [order] = await ordersOf(page);
    for (const { code } of order?.tickets ?? []) {
      await page.getByText(code, { exact: true }).waitFor();
      await page.getByRole('img', { name: `QR code of ticket ${code}` }).waitFor();
    }
    expect(order?.tickets).toHaveLength(2);
    await page.getByRole('link', { name: 'My orders' }).click();
    await page.locator('.fixture', { hasText: total }).click();
    await page.getByText('Your tickets').waitFor();
  });

  test('a buyer without a mouse can buy, and the focus follows every change of page', async () => {
    const page = await shop.visit();
    const focusIsOnHeading = (name: string) =>
      page.waitForFunction((words) => {
        const focused = document.activeElement;
        return focused?.tagName === 'H1' && focused.textContent?.includes(words);
      }, name);
    await page.goto('/');
    await page.locator('.fixture').first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await tabTo(page, '.fixture');
    const name = (await page.locator('.fixture strong').first().textContent()) ?? '';
    await page.keyboard.press('Enter');
    await focusIsOnHeading(name);
    await page.locator('.offer').first().waitFor();
    await tabTo(page, '[name=category]');
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await tabTo(page, '[name=quantity]');
    await page.keyboard.press('ArrowRight');
    await tabTo(page, 'button[type=submit]');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Hold 3 seats');
    await page.keyboard.press('Enter');
    await page.getByLabel('E-mail').waitFor();
    await page.keyboard.type(newEmail());
    await page.keyboard.press('Enter');
    await focusIsOnHeading('Checkout');
    await tabTo(page, '[name=payment]');
    await tabTo(page, 'button[type=submit]');
    await page.keyboard.press('Enter');
    await focusIsOnHeading('Your order');
    await page.getByText('Your tickets').waitFor();
    expect((await ordersOf(page))[0]?.seats).toHaveLength(3);
  });

  test('reloading at every step loses nothing and orders once', async () => {
    const page = await shop.visit();
    const email = newEmail();
    const holdKeys = keysSentTo(page, '/holds');
    const orderKeys = keysSentTo(page, '/orders');
    let swallow: (() => void) | undefined;
    await page.route(/api.v1.(holds|orders)$/, (route) => (swallow ? swallow() : route.continue()));
    const swallowed = () => new Promise<void>((resolve) => (swallow = resolve));
    const reload = () => {
      swallow = undefined;
      return page.reload();
    };
    await openMatch(page);
    await page.locator('[name=quantity][value="3"]').check();
    await page.reload();
    expect(await page.locator('[name=category]:checked').getAttribute('value')).toBe('CAT2');
    const holdLost = swallowed();
    await page.getByRole('button', { name: 'Hold 3 seats' }).click();
    await signIn(page, email);
    await holdLost;
    await reload(); // the page asks again by itself
    await page.waitForURL('**/checkout/**');
    expect(holdKeys).toHaveLength(2);
    expect(new Set(holdKeys).size).toBe(1);
    await page.reload();
    const orderLost = swallowed();
    await pay(page);
    await orderLost;
    await reload();
    await page.waitForURL('**/orders/**');
    await page.reload();
    await page.getByText('Your tickets').waitFor();
    expect(orderKeys).toHaveLength(2);
    expect(new Set(orderKeys).size).toBe(1);
    expect(await ordersOf(page)).toHaveLength(1);
  });

  test('a declined payment is explained, and the way back keeps the choice', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    await pay(page, 'Declined card');
    await page.getByText('The bank declined the payment').waitFor();
    await page.getByText('Nothing was charged').waitFor();
    await page.getByRole('link', { name: 'Choose seats again' }).click();
    await page.getByRole('button', { name: 'Hold 2 seats' }).waitFor();
  });

  test('when the time runs out the page says so and leads back to the match', async () => {
    const page = await shop.visit();
    await page.clock.install();
    await holdSeats(page);
    expect(await page.getByRole('timer').textContent()).toMatch(/(2:00|1:5\d)/);
    await page.clock.fastForward(95_000);
    await page.locator('#announcer', { hasText: /seconds left/ }).waitFor({ state: 'attached' });
    await page.clock.fastForward(30_000);
    await page.getByText('Your time ran out').waitFor();
    await page.getByRole('link', { name: 'Choose seats again' }).click();
    await page.getByRole('button', { name: 'Hold 2 seats' }).waitFor();
  });

  test('seats can be given back', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    await page.getByRole('button', { name: 'Give the seats back' }).click();
    await page.waitForURL('**/events/**');
    await page.getByRole('button', { name: 'Hold 2 seats' }).click();
    await page.waitForURL('**/checkout/**');
  });

  test('held seats follow the buyer to other pages', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    await page.getByRole('link', { name: 'Matches' }).click();
    await page.getByRole('link', { name: 'Go to checkout' }).click();
    await page.getByRole('button', { name: /^Pay / }).waitFor();
  });
});
