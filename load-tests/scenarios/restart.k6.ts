import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { buy, look } from '../client/buyer.ts';
import { type Ask, AT_ONCE, askAll, capacityTold, keptArrival, LEAD_IN_MS } from '../client/capacity.ts';
import { setBegin } from '../client/clock.ts';
import { buyingDefaults, intentOf } from '../client/intent.ts';
import { openModel } from '../client/load.ts';
import { begin, matchDefaults, type Match, type Opening, openMatch } from '../client/match.ts';
import { randomOfArrival, uuid } from '../client/random.ts';
import { settingsOf, totalMs } from '../client/settings.ts';
import type { Hold, Order, Session } from '../client/shapes.ts';

export { handleSummary } from '../client/summary.ts';

const settings = settingsOf({
  /** Arrivals, as a share of the capacity that was measured right before. */
  share: 0.65,
  /** One arrival in so many buys, from the sign-in to the ticket; the others look at the match. */
  arrivalsPerBuyer: 6,
  /** How long the capacity is measured, and as long before that the shop warms up. */
  capacityMs: 6_000,
  /** Arrivals a second; a shop that can do more cannot be measured with this. */
  mostCapacity: 300,
  visitMs: 1_500,
  ...matchDefaults,
  ...buyingDefaults,
});

interface MeasuredOpening extends Opening {
  readonly kept: number;
}

/** Buyers and visitors of one match, together a share of what shop and load can do on this machine. */
export const options: Options = {
  ...openModel({
    exec: 'arrival',
    perSecond: settings.mostCapacity * settings.share,
    forMs: LEAD_IN_MS + totalMs,
    visitMs: settings.visitMs,
  }),
  batch: AT_ONCE,
  batchPerHost: AT_ONCE,
  setupTimeout: '90s',
};

export function setup(): MeasuredOpening {
  const match = openMatch(settings);
  capacity(match); // the code is compiled as it is used: the first seconds of a process are not what it can do
  const perSecond = capacity(match);
  const opening = begin({ match, kept: Math.min(1, perSecond / settings.mostCapacity) }, LEAD_IN_MS);
  capacityTold(perSecond, settings.mostCapacity);
  return opening;
}

export function arrival({ beganAtMs, match, kept }: MeasuredOpening): void {
  const place = keptArrival(exec.scenario.iterationInTest, kept);
  if (place === undefined) return;
  if (Date.now() >= beganAtMs) setBegin(beganAtMs);
  const random = randomOfArrival();
  if (place % settings.arrivalsPerBuyer === 0) buy(beganAtMs, intentOf(match, settings, random), random);
  else look(match.eventId, random);
}

/** Buyers that take a step at the same time, each cohort another one: the shop always has work of every kind. */
const COHORT = 24;
const STEPS = 5;

/** What one knows of a buyer grows with each step. */
interface Buyer {
  token?: string;
  holdId?: string;
  orderId?: string;
}

/** Arrivals a second, of buyers and visitors as they will come, when the shop always has `AT_ONCE` requests. */
function capacity(match: Match): number {
  const cohorts = Array.from({ length: STEPS }, (): Buyer[] => []);
  const advance = () => {
    cohorts.unshift(Array.from({ length: COHORT }, () => ({})));
    cohorts.pop();
    return step(match, cohorts);
  };
  for (let first = 0; first < STEPS; first += 1) advance(); // until there is a cohort at each step
  const startedAt = Date.now();
  let arrivals = 0;
  while (Date.now() - startedAt < settings.capacityMs) {
    arrivals += advance() * COHORT * settings.arrivalsPerBuyer;
  }
  return (arrivals * 1_000) / (Date.now() - startedAt);
}

interface Step {
  readonly ask: Ask;
  readonly learn?: (body: unknown) => void;
}

/**
 * Each cohort takes its step, the buyers of all of them in turn, and visitors look at the match in between. Answers the
 * share (0..1) that came to a success; whose step did not takes no other.
 */
function step({ eventId, categories }: Match, [coming, wanting, holding, paying, paid]: readonly Buyer[][]): number {
  const steps = Array.from({ length: COHORT }, (_, place): Step[] => [
    ...of(coming?.[place], (buyer) => ({
      ask: post('/sessions', { email: `${uuid(Math.random)}@buyers.example` }),
      learn: (body) => (buyer.token = (body as Session).accessToken),
    })),
    ...of(wanting?.[place], ({ token }) => ({ ask: post(`/events/${eventId}/queue`, undefined, token) }), 'token'),
    ...of(
      holding?.[place],
      (buyer) => ({
        ask: post('/holds', { eventId, category: categories[place % categories.length], quantity: 1 }, buyer.token),
        learn: (body) => (buyer.holdId = (body as Hold).holdId),
      }),
      'token',
    ),
    ...of(
      paying?.[place],
      (buyer) => ({
        ask: post('/orders', { holdId: buyer.holdId, paymentToken: 'tok_ok' }, buyer.token),
        learn: (body) => (buyer.orderId = (body as Order).orderId),
      }),
      'holdId',
    ),
    ...of(paid?.[place], ({ orderId, token }) => ({ ask: get(`/orders/${orderId}/stream`, token) }), 'orderId'),
    ...of(paid?.[place], ({ orderId, token }) => ({ ask: get(`/orders/${orderId}`, token) }), 'orderId'),
    ...Array.from({ length: settings.arrivalsPerBuyer - 1 }, () => ({ ask: get(`/events/${eventId}`) })),
  ]).flat();
  const told = askAll(steps.map(({ ask }) => ask));
  let done = 0;
  for (const [place, { status, body }] of told.entries()) {
    if (status < 200 || status >= 300) continue;
    steps[place]?.learn?.(body);
    done += 1;
  }
  return done / told.length;
}

function of(buyer: Buyer | undefined, next: (buyer: Buyer) => Step, known?: keyof Buyer): Step[] {
  return buyer === undefined || (known !== undefined && buyer[known] === undefined) ? [] : [next(buyer)];
}

function post(path: string, body: unknown, token?: string): Ask {
  return { method: 'POST', path, key: uuid(Math.random), body, ...(token === undefined ? {} : { token }) };
}

function get(path: string, token?: string): Ask {
  return { method: 'GET', path, ...(token === undefined ? {} : { token }) };
}
