import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const CHROMIUMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = ['pass.html', 'fail.html', 'unavailable.html', 'claims.html'];
const BROWSER_MS = 60_000;

const executablePath = process.env['CHROMIUM_PATH'] ?? CHROMIUMS.find((path) => existsSync(path));

if (executablePath === undefined || !existsSync(executablePath)) {
  test('reports need Chromium to be looked at', () => {
    if (process.env['CI'] !== undefined) throw new Error('no Chromium found: install one, or set CHROMIUM_PATH');
    process.stderr.write('No Chromium found (apt-get install chromium): reports were not tested in a browser.\n');
  });
} else {
  jest.setTimeout(BROWSER_MS);
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: FLAGS });
  });
  afterAll(() => browser.close());

  test.each(PAGES)('%s fits a phone, a screen and paper, and anybody can read it', async (name) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ colorScheme, bypassCSP: true }); // axe is a script
      const page = await context.newPage();
      await page.goto(`file://${join(__dirname, 'examples', name)}`);
      await page.evaluate(AXE);
      for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 740 });
        const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect([width, wider]).toEqual([width, 0]);
        const complaints = await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))');
        expect(complaints).toEqual([]);
      }
      await context.close();
    }
  });

  test('paper is white, whatever the screen is', async () => {
    const page = await browser.newPage({ colorScheme: 'dark' });
    await page.goto(`file://${join(__dirname, 'examples', 'pass.html')}`);
    await page.emulateMedia({ media: 'print' });
    const colours = await page.evaluate(
      '(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))',
    );
    expect(colours).toEqual(['rgb(255, 255, 255)', 'rgb(20, 33, 27)']);
  });
}
