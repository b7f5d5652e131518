import type { Check } from '../check';
import { percentile } from '../percentile';
import { knowingAll } from './orders';
import { samplesFor, select } from './requests';

/**
 * Each confirmed order had its effect at billing once: as many tickets of each match are metered as were sold, by what
 * buyers' orders say. Billing's own figures, as the organiser pays for them.
 */
export function metersMatchOrders(): Check {
  return knowingAll({
    name: 'tickets that billing metered and nobody bought, or the other way round',
    judge: ({ orders, untold, metered }) => {
      const limit = 'none';
      if (metered === undefined) return { holds: false, unknown: true, measured: 'could not be read', limit };
      const sold = new Map<string, number>();
      for (const order of [...orders.values(), ...untold.values()]) {
        if (order?.status !== 'confirmed') continue;
        sold.set(order.eventId, (sold.get(order.eventId) ?? 0) + order.tickets.length);
      }
      const matches = [...new Set([...sold.keys(), ...metered.keys()])];
      const off = matches.reduce((sum, match) => sum + Math.abs((sold.get(match) ?? 0) - (metered.get(match) ?? 0)), 0);
      const all = [...sold.values()].reduce((sum, tickets) => sum + tickets, 0);
      return {
        holds: off === 0,
        measured: `${off} of ${all} tickets`,
        limit,
        beyond: { count: off },
        samples: { seen: all, needed: 1 },
      };
    },
  });
}

/**
 * Whoever was told that too few seats are left was told the truth: at the end all are held or sold but `spare`, which
 * is one less than what a buyer may want at once. Nobody of them declines or gives back.
 */
export function soldOutWhenGone(options: { readonly seats: number; readonly spare: number }): Check {
  return {
    name: 'seats left although buyers were told that there are none',
    judge: ({ calls, seen }) => {
      const refused = calls.filter(({ code }) => code === 'sold_out').length;
      const holds = new Map(
        seen.filter(({ what }) => what === 'hold').map(({ detail }) => [detail['holdId'], Number(detail['seats'])]),
      );
      const left = options.seats - [...holds.values()].reduce((sum, seats) => sum + seats, 0);
      return {
        holds: refused === 0 || left <= options.spare,
        measured: `${left}, ${refused} told so`,
        limit: `at most ${options.spare}`,
        beyond: { count: left - options.spare },
        samples: { seen: refused, needed: 1 },
      };
    },
  };
}

export interface PutAside {
  /** Dead letters of the whole run: those that nobody could apply, once for each consumer, and nothing else. */
  readonly letters: number;
  /** Deliveries of each of them. */
  readonly tries: number;
}

/** What could not be applied was tried as often as was said, put aside, and can be seen; nothing else was. */
export function putAside({ letters, tries }: PutAside): Check {
  const limit = `${letters}, each after ${tries} tries`;
  return {
    name: 'messages put aside',
    judge: ({ series }) => {
      const [aside, again] = ['dead letters', 'deliveries tried again'].map((name) => growthOf(series[name]));
      if (aside === undefined || again === undefined)
        return { holds: false, unknown: true, measured: 'could not be read', limit };
      return {
        holds: aside === letters && again >= letters * (tries - 1),
        measured: `${aside}, ${again} deliveries tried again`,
        limit,
        beyond: { count: Math.abs(aside - letters) },
      };
    },
  };
}

function growthOf(totals: readonly (number | null)[] = []): number | undefined {
  const known = totals.filter((total) => total !== null);
  return known.length === 0 ? undefined : Math.max(...known) - (known[0] ?? 0);
}

export interface AsQuick {
  readonly routes: readonly string[];
  readonly quantile: number;
  /** Of the same percentile in the steady state. */
  readonly atMostTimes: number;
  /** What nobody notices, however quick it was before. */
  readonly orBelowMs: number;
}

/** Under the fault answers take about as long as before it: what failed counts as slower than any. */
export function asQuickAsBefore({ routes, quantile, atMostTimes, orBelowMs }: AsQuick): Check {
  return {
    name: `p${quantile * 100} under the fault against the steady state on ${routes.join(', ')}`,
    judge: (seen) => {
      const times = (phase: 'steady' | 'fault') =>
        select(seen, { routes, during: [phase] }).map(({ status, ms }) =>
          status >= 200 && status < 400 ? ms : Infinity,
        );
      const [before, during] = [times('steady'), times('fault')];
      const [was, is] = [percentile(before, quantile) ?? Infinity, percentile(during, quantile) ?? Infinity];
      const limit = `below ${atMostTimes} times that or ${orBelowMs} ms`;
      if (was === Infinity) return { holds: false, unknown: true, measured: 'too many failed before it', limit };
      const limitMs = Math.max(orBelowMs, atMostTimes * was);
      return {
        holds: is < limitMs,
        measured: `${is === Infinity ? 'too many failed' : `${Math.round(is)} ms`}, before ${Math.round(was)} ms`,
        limit,
        samples: { seen: Math.min(before.length, during.length), needed: samplesFor(1 - quantile) },
        beyond: { times: is / limitMs },
      };
    },
  };
}
