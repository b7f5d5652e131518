import { join } from 'node:path';
import { Category, type Event, type EventSummary } from '@stampede/contracts';
import { expectedArrivals, readTrace, runCrowd, seededRandom, window, type CrowdResult } from '@stampede/crowd';
import { sendCrowdByK6 } from '@stampede/prove';
import { Refusal } from '@stampede/supervisor';
import { InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from './arguments';
import { auditTable } from './audit.verb';
import { interruptible, INTERRUPTED_EXIT } from './interrupt';
import { onsaleProgress, onsaleReport, whyTurnedAway } from './onsale-report';
import { whenOrphaned } from './orphan';
import { call, findShop, issueToken, readAudit, type RunningShop } from './running-shop';
import type { Surroundings, Verb } from './verb';

interface OnsaleOptions {
  readonly trace?: string;
  readonly from: number;
  readonly seconds: number;
  readonly timeScale: number;
  readonly rateScale: number;
  readonly buyers: number;
  readonly admitPerSecond?: number;
  readonly seed: number;
  readonly with: 'node' | 'k6';
  readonly url?: string;
}

/** The match-day hour of 26 June 1998, 15:30 to 16:30 UTC, with the busiest minute of the day in it. */
const MATCH_DAY_SECOND = 63_000;
const HOUR_SECONDS = 3_600;
/** An hour in a minute, at a rate that a laptop serves: 50 to 60 visitors a second. */
const TIME_SCALE = 60;
const RATE_SCALE = 0.02;
const BUYER_RATIO = 0.2;
/**
 * More visitors at once than a shop that keeps up ever has; beyond them this machine, not the shop, would be measured.
 */
const MOST_VISITORS = 5_000;
const DEFAULT_TRACE = join('load-tests', 'traces', 'worldcup98-requests-per-second.csv.gz');

export const onsaleVerb: Verb = (program, surroundings) => {
  program
    .command('onsale')
    .description('open a match for sale, send it the crowd of a real match day, and check C1 to C5')
    .option('--trace <file>', 'CSV "second,requests", plain or gzipped', undefined)
    .option('--from <second>', 'first second of the trace', wholeNumber(0), MATCH_DAY_SECOND)
    .option('--seconds <n>', 'how many seconds of it', wholeNumber(1), HOUR_SECONDS)
    .option('--time-scale <x>', 'trace seconds in one second', positive, TIME_SCALE)
    .option('--rate-scale <x>', 'visitors for one request of the trace', positive, RATE_SCALE)
    .option('--buyers <ratio>', 'share of the visitors who buy, 0 to 1', ratio, BUYER_RATIO)
    .option('--admit-per-second <n>', 'give the match a waiting room', wholeNumber(1))
    .option('--seed <n>', 'the same seed gives the same crowd', wholeNumber(0), 1)
    .addOption(new Option('--with <program>', 'what sends the crowd').choices(['node', 'k6']).default('node'))
    .option('--url <url>', 'another shop than the one that runs here')
    .action(async (options: OnsaleOptions) => {
      const shop = await findShop(surroundings, options.url);
      const file = options.trace ?? join(surroundings.root, DEFAULT_TRACE);
      const trace = await readWindow(file, options);
      const event = await openMatch(shop, options.admitPerSecond);
      const { print } = surroundings;
      print(`on sale: ${event.name}, ${seatsOf(event)} seats, ${shop.url}/events/${event.eventId}`);
      const visitors = Math.round(expectedArrivals(trace, options));
      const seconds = Math.round(options.seconds / options.timeScale);
      const share = Math.round(1 / options.buyers);
      print(`about ${visitors} visitors in ${seconds} s, one in ${share} buys (seed ${options.seed})`);
      const send = options.with === 'k6' ? crowdByK6 : crowdAt;
      const result = await send(surroundings, { shop, event, trace, options });
      for (const line of onsaleReport(result)) print(line);
      if (!(await auditHolds(shop, print)) || !allAnswered(result)) process.exitCode = 1;
      for (const line of whyTurnedAway(result)) print(line);
    });
};

async function readWindow(file: string, { from, seconds }: OnsaleOptions): Promise<readonly number[]> {
  try {
    return window(await readTrace(file), from, seconds);
  } catch (error) {
    throw new Refusal(`the trace cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

/** Puts the next match of the catalogue on sale once more, as an event of its own with all its seats free. */
async function openMatch(shop: RunningShop, admitPerSecond: number | undefined): Promise<Event> {
  const list = (await (await call(`${shop.url}/api/v1/events?onSale=true&pageSize=1`)).json()) as {
    items: EventSummary[];
  };
  const [next] = list.items;
  if (next === undefined)
    throw new Refusal('the catalogue has no match on sale: is this a new shop that is still starting?');
  const match = (await (await call(`${shop.url}/api/v1/events/${next.eventId}`)).json()) as Event;
  const authorization = `Bearer ${await issueToken(shop, 'organiser')}`;
  const body = {
    name: match.name,
    startsAt: match.startsAt,
    onSaleAt: new Date().toISOString(),
    venue: match.venue,
    categories: match.categories.map(({ category, capacity, price }) => ({
      category,
      capacity,
      price: price ?? FALLBACK_PRICE,
    })),
    ...(admitPerSecond === undefined ? {} : { admitPerSecond }),
  };
  const headers = { authorization, 'content-type': 'application/json' };
  const reply = await call(`${shop.url}/api/v1/events`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await reply.json()) as Event;
}

/** For a match whose prices cannot be had now. */
const FALLBACK_PRICE = { amount: 10_000, currency: 'USD' };

interface Sale {
  readonly shop: RunningShop;
  readonly event: Event;
  readonly trace: readonly number[];
  readonly options: OnsaleOptions;
}

async function crowdAt({ print }: Surroundings, { shop, event, trace, options }: Sale): Promise<CrowdResult> {
  const unwatch = whenOrphaned(() => process.exit(INTERRUPTED_EXIT)); // a crowd has nothing to undo
  try {
    return await runCrowd({
      url: shop.url,
      eventId: event.eventId,
      trace,
      timeScale: options.timeScale,
      rateScale: options.rateScale,
      buyerRatio: options.buyers,
      random: seededRandom(options.seed),
      name: `${event.eventId}-${options.seed}`,
      mostVisitors: MOST_VISITORS,
      categories: categoriesOf(event),
      onProgress: (progress) => print(onsaleProgress(progress)),
    });
  } finally {
    unwatch();
  }
}

/** The same crowd from another program. @throws Refusal without k6, and when it is interrupted */
function crowdByK6({ root, print }: Surroundings, { shop, event, trace, options }: Sale): Promise<CrowdResult> {
  return interruptible('interrupted', (signal) =>
    sendCrowdByK6({
      root,
      url: shop.url,
      eventId: event.eventId,
      categories: categoriesOf(event),
      trace,
      timeScale: options.timeScale,
      rateScale: options.rateScale,
      buyerRatio: options.buyers,
      seed: options.seed,
      signal,
      onProgress: (progress) => print(onsaleProgress(progress)),
    }),
  );
}

function categoriesOf({ categories }: Event): Category[] {
  return Category.options.filter((category) => categories.some((part) => part.category === category));
}

async function auditHolds(shop: RunningShop, print: (line: string) => void): Promise<boolean> {
  const audit = await readAudit(shop, await issueToken(shop, 'operator'));
  print('');
  for (const line of auditTable(audit)) print(line);
  return audit.invariants.every(({ holds }) => holds);
}

/** Every order that was acknowledged has come to an end before its buyer's eyes. */
function allAnswered({ orders }: CrowdResult): boolean {
  return [...orders.values()].every(({ status }) => status !== 'pending');
}

function seatsOf({ categories }: Event): number {
  return categories.reduce((sum, { capacity }) => sum + capacity, 0);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('a number above 0 is needed.');
  return value;
}

function ratio(text: string): number {
  const value = positive(text);
  if (value > 1) throw new InvalidArgumentError('a number from above 0 to 1 is needed.');
  return value;
}
