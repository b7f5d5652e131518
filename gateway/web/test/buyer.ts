import type { Order } from '@stampede/contracts';
import type { Page, Request } from 'playwright-core';

let buyers = 0;

/** An e-mail address that nobody has bought with. */
export function newEmail(): string {
  buyers += 1;
  return `fan-${process.pid}-${Date.now()}-${buyers}@example.com`;
}

/** Opens the first match that has seats in `category`. */
export async function openMatch(page: Page, category = 'Category 2'): Promise<void> {
  await page.goto('/');
  await page.locator('.fixture').first().click();
  await page.getByText(category).click();
}

export async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click();
}

/** From the list of matches to the checkout, as a new buyer. */
export async function holdSeats(page: Page, email = newEmail()): Promise<void> {
  await openMatch(page);
  await page.getByRole('button', { name: 'Hold 2 seats' }).click();
  await signIn(page, email);
  await page.waitForURL('**/checkout/**');
}

export async function pay(page: Page, method = 'Card that works'): Promise<void> {
  await page.getByText(method).click();
  await page.getByRole('button', { name: /^Pay / }).click();
}

/** The buyer's orders as the shop tells them, not as the page does. */
export async function ordersOf(page: Page): Promise<Order[]> {
  const session = await page.evaluate(() => localStorage.getItem('stampede.session'));
  const { accessToken } = JSON.parse(session ?? '{}') as { accessToken?: string };
  const headers = { authorization: `Bearer ${accessToken ?? ''}` };
  const response = await page.request.get('/api/v1/orders', { headers });
  return ((await response.json()) as { items: Order[] }).items;
}

/** Notes the Idempotency-Key of every request to a path, in order. */
export function keysSentTo(page: Page, path: string): string[] {
  const keys: string[] = [];
  page.on('request', (request: Request) => {
    const key = request.headers()['idempotency-key'];
    if (request.method() === 'POST' && request.url().endsWith(path) && key !== undefined) keys.push(key);
  });
  return keys;
}

/** What the shop answers when it is troubled. */
export function problem(status: number, code: string, retryAfterSeconds?: number) {
  const retryAfter: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  const body = { type: 'about:blank', title: code, status, detail: code, instance: '/', code };
  return { status, headers: { 'content-type': 'application/problem+json', ...retryAfter }, body: JSON.stringify(body) };
}
