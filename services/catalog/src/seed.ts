import { Category, type NewEvent } from '@stampede/contracts';
import { listPrice, type Stage } from './list-prices';
import { readFixture, stadiums, type Stadium } from './stadiums';
import { instantOf, offsetMinutes } from './venue-clock';

interface Match {
  readonly round: string;
  readonly date: string;
  /** `13:00 UTC-6` */
  readonly time: string;
  readonly team1: string;
  readonly team2: string;
  readonly ground: string;
}

const WEEK_MS = 7 * 24 * 3_600_000;
/** The first match is at least this far away when the shop is new, so that the shop can be tried for two months. */
const LEAD_MS = 60 * 24 * 3_600_000;
/** Of a stadium's seats, from the dearest category to the cheapest; the last takes what rounding leaves. */
const SHARES: Readonly<Record<Category, number>> = { CAT1: 0.1, CAT2: 0.2, CAT3: 0.3, CAT4: 0.4 };

/**
 * The 104 matches of the fixtures as events on sale from `now`, shifted by whole weeks so that the first is at least 60
 * days away.
 */
export function seededEvents(now: Date): NewEvent[] {
  const { matches } = readFixture<{ matches: Match[] }>('worldcup.json');
  const byCity = stadiums();
  const starts = matches.map((match) => kickOff(match).getTime());
  const weeks = Math.ceil((now.getTime() + LEAD_MS - Math.min(...starts)) / WEEK_MS);
  return matches.map((match) => {
    const stadium = byCity.get(match.ground);
    if (stadium === undefined) throw new Error(`no stadium in ${match.ground}`);
    return eventOf(match, stadium, new Date(kickOff(match).getTime() + weeks * WEEK_MS), now);
  });
}

function eventOf(match: Match, stadium: Stadium, startsAt: Date, onSaleAt: Date): NewEvent {
  const countryCode = stadium.cc.toUpperCase();
  return {
    name: `${match.team1} v ${match.team2} (${match.round})`,
    startsAt: startsAt.toISOString(),
    onSaleAt: onSaleAt.toISOString(),
    venue: { name: stadium.name, city: stadium.city, countryCode },
    categories: Category.options.map((category) => ({
      category,
      capacity: capacityOf(stadium.capacity, category),
      price: listPrice(countryCode, stageOf(match.round), category),
    })),
  };
}

function capacityOf(seats: number, category: Category): number {
  if (category !== 'CAT4') return Math.floor(seats * SHARES[category]);
  const others = Category.options.filter((other) => other !== 'CAT4');
  return seats - others.reduce((sum, other) => sum + capacityOf(seats, other), 0);
}

function stageOf(round: string): Stage {
  if (round.startsWith('Matchday')) return 'group';
  return round === 'Final' ? 'final' : 'knockout';
}

function kickOff(match: Match): Date {
  const [clock = '', zone = ''] = match.time.split(' ');
  return instantOf(match.date, clock, offsetMinutes(zone));
}
