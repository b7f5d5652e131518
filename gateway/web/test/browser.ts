import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { openFakeShop } from './fake-shop';
import { realQueuedEvent } from './real-shop';

const CHROMIUMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const FLOW_MS = 120_000; // a whole purchase on a machine whose two cores run other tests as well
const WAIT_MS = 15_000;

/** A browser before a shop: the fake one, or with SHOP_URL a running one (see README.md). */
export interface Shopfront {
  readonly url: string;
  /** A match with a waiting room. */
  readonly queuedEventId: () => Promise<string>;
  /** A fresh buyer's tab. Errors of the page and breaches of its content security policy fail the test at its end. */
  readonly visit: (options?: BrowserContextOptions) => Promise<Page>;
}

/** Describes tests in a real Chromium. Without one they cannot run: that is an error on CI, and said aloud
 *  elsewhere. */
export function inBrowser(name: string, define: (shopfront: Shopfront) => void): void {
  const path = process.env['CHROMIUM_PATH'] ?? CHROMIUMS.find((candidate) => existsSync(candidate));
  if (path !== undefined && existsSync(path)) return describe(name, () => withShop(path, define));
  const explanation = `${name}: no Chromium found. Install one (apt-get install chromium) or set CHROMIUM_PATH.`;
  test(`${name} needs Chromium`, () => {
    if (process.env['CI']) throw new Error(explanation);
    process.stderr.write(`${explanation} The pages were not tested in a browser.\n`);
  });
}

function withShop(executablePath: string, define: (shopfront: Shopfront) => void): void {
  jest.setTimeout(FLOW_MS);
  let browser: Browser;
  let shop: { url: string; queuedEventId: () => Promise<string>; close: () => Promise<void> };
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    [browser, shop] = await Promise.all([chromium.launch({ executablePath, args: FLAGS }), openShop()]);
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await shop.close();
  });

  define({
    get url() {
      return shop.url;
    },
    queuedEventId: () => shop.queuedEventId(),
    visit: async (options = {}) => {
      const context = await browser.newContext({ baseURL: shop.url, locale: 'en-GB', ...options });
      contexts.push(context);
      const page = await context.newPage();
      page.setDefaultTimeout(WAIT_MS);
      page.on('pageerror', (error) => complaints.push(String(error.stack)));
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) complaints.push(message.text());
      });
      return page;
    },
  });
}

async function openShop() {
  const url = process.env['SHOP_URL'];
  if (url) return { url, queuedEventId: () => realQueuedEvent(url), close: () => Promise.resolve() };
  const dist = buildPages();
  const fake = await openFakeShop({ dist, queueMs: 2_000 });
  const close = async () => {
    await fake.close();
    rmSync(dist, { recursive: true });
  };
  return { url: fake.url, queuedEventId: () => Promise.resolve(fake.queuedEventId), close };
}

/** Builds the pages into a folder of their own, so that tests in parallel never see half a build. The caller
 *  removes it. */
export function buildPages(): string {
  const dist = mkdtempSync(join(tmpdir(), 'stampede-web-'));
  execFileSync(process.execPath, [join(__dirname, '../build.mjs'), dist], { stdio: 'inherit' });
  return dist;
}
