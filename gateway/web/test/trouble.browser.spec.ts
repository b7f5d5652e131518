import type { Order } from '@stampede/contracts';
import { inBrowser } from './browser';
import { holdSeats, keysSentTo, newEmail, openMatch, ordersOf, pay, problem, signIn } from './buyer';

inBrowser('trouble', (shop) => {
  test('a busy shop is explained, asked again no sooner than it said, and orders once', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    const keys = keysSentTo(page, '/orders');
    const times: number[] = [];
    await page.route('**/api/v1/orders', (route) => {
      times.push(Date.now());
      return times.length === 1 ? route.fulfill(problem(503, 'overloaded', 2)) : route.continue();
    });
    await pay(page);
    await page.getByText('The shop is very busy').waitFor();
    await page.getByText(/Next try in \d s/).waitFor();
    await page.getByText('Your tickets').waitFor();
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(2_000);
    expect(new Set(keys).size).toBe(1);
    expect(await ordersOf(page)).toHaveLength(1);
  });

  test('an order whose answer is lost is asked for under its key, not made twice', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    let calls = 0;
    await page.route('**/api/v1/orders', async (route) => {
      calls += 1;
      if (calls > 1) return route.continue();
      await route.fetch(); // the shop took the order; its answer gets lost
      return route.abort('connectionreset');
    });
    await pay(page);
    await page.getByText('The shop cannot be reached').waitFor();
    await page.getByText('Your tickets').waitFor();
    expect(calls).toBe(2);
    expect(await ordersOf(page)).toHaveLength(1);
  });

  test('a session that ended during the checkout costs a sign-in, not the seats', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    await page.route('**/api/v1/orders', (route) => route.fulfill(problem(401, 'unauthenticated')), { times: 1 });
    await pay(page);
    await page.getByText('Your session has ended').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click(); // the address is still there
    await page.getByText('Your tickets').waitFor();
    expect(await ordersOf(page)).toHaveLength(1);
  });

  test('two tabs with the same hold end at the same order', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    const second = await page.context().newPage();
    await second.goto(page.url());
    await pay(page);
    await page.getByText('Your tickets').waitFor();
    // As on another device: the second tab knows the hold, but not what the first made of it.
    await second.evaluate(() => {
      for (const name of Object.keys(localStorage).filter((key) => key.startsWith('stampede.hold.'))) {
        const {
          attempt: _,
          orderId: __,
          ...held
        } = JSON.parse(localStorage.getItem(name) ?? '{}') as Record<string, unknown>;
        localStorage.setItem(name, JSON.stringify(held));
      }
    });
    await pay(second, 'Slow bank');
    await second.getByText('Your tickets').waitFor();
    expect(second.url()).toBe(page.url());
    expect(await ordersOf(page)).toHaveLength(1);
  });

  test('an order is followed by asking when its stream breaks, and the stream resumes where it broke', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    const resumedAt: (string | undefined)[] = [];
    await page.route('**/api/v1/orders/*/stream', async (route) => {
      resumedAt.push(route.request().headers()['last-event-id']);
      const pending = (await ordersOf(page))[0] as Order;
      const present = JSON.stringify({ ...pending, status: 'pending', tickets: [] });
      return route.fulfill({
        headers: { 'content-type': 'text/event-stream' },
        body: `event: order\nid: 7\ndata: ${present}\n\n: still here\n\n`,
      });
    });
    await pay(page, 'Slow bank');
    await page.getByText('Your tickets').waitFor();
    expect(resumedAt.slice(0, 2)).toEqual([undefined, '7']);
  });

  test('answers of the shop that end a request are told in plain words', async () => {
    const page = await shop.visit();
    await openMatch(page);
    const email = newEmail();
    const keys = keysSentTo(page, '/holds');
    const answers: [status: number, code: string, words: string][] = [
      [409, 'sold_out', 'Not enough seats left here'],
      [409, 'purchase_limit', 'Four seats are the limit'],
      [409, 'not_on_sale', 'Not on sale yet'],
      [409, 'sale_closed', 'The sale is closed'],
      [403, 'not_admitted', 'It is not your turn yet'],
    ];
    for (const [index, [status, code, words]] of answers.entries()) {
      await page.route('**/api/v1/holds', (route) => route.fulfill(problem(status, code)), { times: 1 });
      await page.getByRole('button', { name: 'Hold 2 seats' }).click();
      if (index === 0) await signIn(page, email);
      await page.getByRole('alert').getByText(words).waitFor();
    }
    await page.getByRole('button', { name: 'Hold 2 seats' }).click();
    await page.waitForURL('**/checkout/**');
    // Each attempt has a key of its own, or the shop would replay the old refusal.
    expect(new Set(keys).size).toBe(answers.length + 1);
  });

  test('a part of the event page that is missing or stale is named, and the rest works', async () => {
    const page = await shop.visit();
    await page.route('**/api/v1/events/*-*', async (route) => {
      const event = (await (await route.fetch()).json()) as { categories: object[] };
      const categories = event.categories.map((category) => ({ ...category, available: null, price: null }));
      await route.fulfill({ json: { ...event, categories, degraded: ['availability', 'pricing'] } });
    });
    await openMatch(page);
    await page.getByText('How many seats are left cannot be told right now').waitFor();
    await page.getByText('Seats left: not known now').first().waitFor();
    await page.getByRole('button', { name: 'Hold 2 seats' }).click();
    await signIn(page, newEmail());
    await page.waitForURL('**/checkout/**');
  });

  test('without a connection the page says so, and goes on when it is back', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    await page.context().setOffline(true);
    await page.locator('#connection').getByText('You are offline').waitFor();
    await pay(page);
    await page.locator('.trouble').getByText('You are offline').waitFor();
    await page.context().setOffline(false);
    await page.getByText('Your tickets').waitFor();
    expect(await ordersOf(page)).toHaveLength(1);
  });

  test('an ended session, another account and a wrong address are explained', async () => {
    const page = await shop.visit();
    await holdSeats(page);
    const checkout = page.url();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await signIn(page, newEmail());
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.goto(checkout);
    await page.getByText('These seats are held by another account').waitFor();
    await page.goto('/orders/01890a5d-ac96-774b-bcce-b302099a8057');
    await page.getByText('There is no such thing here').waitFor();
    await page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('stampede.session') ?? '{}') as object;
      localStorage.setItem('stampede.session', JSON.stringify({ ...session, accessToken: 'worn-out' }));
    });
    await page.goto('/orders');
    await page.getByText('Sign in to see your orders').waitFor();
    await page.goto('/nowhere');
    await page.getByText('There is no such page').waitFor();
  });
});
