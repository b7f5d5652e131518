import type { Page } from 'playwright-core';
import { inBrowser } from './browser';
import { newEmail, signIn } from './buyer';

/** Puts the tab behind another one, or in front again. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

inBrowser('browsing', (shop) => {
  test('matches are filtered by city and date, and the filter is the address', async () => {
    const page = await shop.visit();
    await page.goto('/');
    await page.locator('.fixture').first().waitFor();
    await page.getByRole('option', { name: 'Toronto' }).waitFor({ state: 'attached' });
    await page.getByLabel('City').selectOption('Toronto');
    await page.waitForURL('**/?city=Toronto');
    await page.locator('.fixtures:not([aria-busy])').waitFor();
    expect(new Set(await page.locator('.fixture .venue').allTextContents())).toEqual(new Set(['BMO Field, Toronto']));
    const startsAt = await page.locator('.fixture time').first().getAttribute('datetime');
    const date = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(new Date(startsAt ?? ''));
    await page.getByLabel('Date').fill(date);
    await page.waitForURL(`**/?city=Toronto&date=${date}`);
    await page.reload();
    await page.locator('.fixture').first().waitFor();
    expect(await page.getByLabel('City').inputValue()).toBe('Toronto');
    await page.goBack();
    await page.waitForURL('**/?city=Toronto');
    expect(await page.getByLabel('Date').inputValue()).toBe('');
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('link', { name: /Next/ }).click();
    await page.getByText(/^Page 2 of/).waitFor();
  });

  test('what is left of a match is shown live, and not asked for while nobody looks', async () => {
    const page = await shop.visit();
    await page.clock.install();
    let left = 20;
    let asked = 0;
    await page.route('**/api/v1/events/*-*', async (route) => {
      asked += 1;
      const event = (await (await route.fetch()).json()) as { categories: object[] };
      left -= 1;
      const categories = event.categories.map((category) => ({ ...category, available: left }));
      await route.fulfill({ json: { ...event, categories } });
    });
    await page.goto('/');
    await page.locator('.fixture').first().click();
    await page.getByText('Only 19 left').first().waitFor();
    await page.getByText('Only 18 left').first().waitFor();
    await hide(page, true);
    const before = asked;
    for (let minute = 0; minute < 3; minute += 1) {
      await page.clock.fastForward(60_000);
      // Once this is answered, whatever the page sent before has been seen.
      await page.evaluate(() => fetch('/api/v1/events').then(({ status }) => status));
    }
    expect(asked).toBe(before);
    await hide(page, false);
    await page.getByText('Only 17 left').first().waitFor();
  });

  test('the waiting room tells the place, keeps it over a reload, and goes on by itself', async () => {
    const page = await shop.visit();
    const eventId = await shop.queuedEventId();
    await page.goto(`/events/${eventId}?category=CAT1&quantity=2`);
    // A place far back at first, so that the page is seen to wait on any shop; then the shop itself answers.
    const far = { state: 'waiting', position: 1_240, estimatedWaitSeconds: 620 };
    let farBack = true;
    await page.route('**/api/v1/events/*/queue', (route) =>
      farBack ? route.fulfill({ status: 202, headers: { 'retry-after': '1' }, json: far }) : route.continue(),
    );
    await page.getByRole('link', { name: 'Join the waiting room' }).click();
    await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
    await signIn(page, newEmail());
    await page.locator('.position', { hasText: '1,240' }).waitFor();
    await page.getByRole('main').getByText('about 10 minutes').waitFor();
    farBack = false;
    await page.reload();
    await hide(page, true); // most buyers look at something else meanwhile
    await page.waitForURL((url) => url.pathname === `/events/${eventId}`);
    await hide(page, false);
    await page.getByText('You are in').waitFor();
    const hold = page.waitForRequest('**/api/v1/holds');
    await page.getByRole('button', { name: 'Hold 2 seats' }).click();
    expect((await hold).headers()['admission-token']).toBeTruthy();
    await page.waitForURL('**/checkout/**');
  });
});
