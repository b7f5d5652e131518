import { Agent, createServer, request } from 'node:http';

/**
 * Asks pricing for quotes at an even pace, from a pod inside the mesh, so that a release has a sample where few buyers
 * come. It runs alone in a container, so it imports nothing but Node. Totals are counted as the gateway counts them.
 */
interface Target {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Settings {
  /** Asked in turn. */
  readonly targets: readonly Target[];
  /** Asked as well from SIGUSR2 on: before that there is nobody to answer, and no answer would count as a bad one. */
  readonly rehearsed?: Target;
  readonly requestsPerSecond: number;
}

const METRICS_PORT = 9090;
const TICK_MS = 10;
const TIMEOUT_MS = 3_000;
/** What a slow pricing may hold up here; above it a request is left out, not sent late. */
const MOST_IN_FLIGHT = 400;
const EVENT_ID = '0198f2a0-0000-7000-8000-000000000000';

const QUANTITY = 2;
const listPrice = { amount: 12_350, currency: 'USD' };
const body = JSON.stringify({
  eventId: EVENT_ID,
  demand: { category: 'CAT1', listPrice, capacity: 1_000, available: 240 },
  quantity: QUANTITY,
  countryCode: 'US',
});

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const checked = new Map<string, number>();
const wrong = new Map<string, number>();
const answers = new Map<string, number>();
let inFlight = 0;

const { targets, rehearsed, requestsPerSecond } = JSON.parse(process.env['QUOTE_LOAD'] ?? '{}') as Settings;
const asked = [...targets];
process.once('SIGUSR2', () => asked.push(...(rehearsed === undefined ? [] : [rehearsed])));
const startedAt = performance.now();
let sent = 0;

setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) / 1_000) * requestsPerSecond);
  for (; sent < due; sent += 1) if (inFlight < MOST_IN_FLIGHT) ask(asked[sent % asked.length]);
}, TICK_MS);

createServer((_request, response) => response.setHeader('content-type', 'text/plain').end(metrics())).listen(
  METRICS_PORT,
);
process.on('SIGTERM', () => process.exit(0));

function ask(target: Target | undefined): void {
  if (target === undefined) return;
  inFlight += 1;
  const headers = { 'content-type': 'application/json', 'content-length': body.length, ...target.headers };
  const options = { method: 'POST', agent, headers, timeout: TIMEOUT_MS };
  const call = request(`${target.url}/quotes`, options, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.on('end', () => {
      count(answers, String(response.statusCode));
      if (response.statusCode === 200) check(text);
    });
  });
  call.on('timeout', () => call.destroy(new Error('no answer in time')));
  call.on('error', () => count(answers, 'none'));
  call.on('close', () => (inFlight -= 1));
  call.end(body);
}

function check(text: string): void {
  const { subtotal, fees, tax, total, pricingVersion } = JSON.parse(text) as Record<string, number> & {
    pricingVersion: string;
  };
  const right = total === Number(subtotal) + Number(fees) + Number(tax) && Number(subtotal) % QUANTITY === 0;
  count(checked, pricingVersion);
  count(wrong, pricingVersion, right ? 0 : 1);
}

function count(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function metrics(): string {
  return [
    ...lines('stampede_checked_totals_total', 'pricing_version', checked),
    ...lines('stampede_wrong_totals_total', 'pricing_version', wrong),
    ...lines('quote_load_answers_total', 'status', answers),
    '',
  ].join('\n');
}

function lines(name: string, label: string, counts: ReadonlyMap<string, number>): string[] {
  return [
    `# TYPE ${name} counter`,
    ...[...counts].map(([value, amount]) => `${name}{service="release-load",${label}="${value}"} ${amount}`),
  ];
}
