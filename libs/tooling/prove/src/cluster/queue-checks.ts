import { QUEUE_EVENTS } from '@stampede/faults';
import type { Check } from '../check';

interface Applied {
  readonly of: number;
  readonly events: number;
  readonly buyers: number;
  readonly afterMs: number;
}

/** Everything that was queued was applied, each once, within this time. */
export function queueDrained({ withinMs }: { readonly withinMs: number }): Check {
  return {
    name: 'queued events that were applied, each once',
    judge: ({ events = [] }) => {
      const last = events.findLast(({ kind }) => kind === QUEUE_EVENTS.applied)?.detail as Applied | undefined;
      const queued = events.find(({ kind }) => kind === QUEUE_EVENTS.queued)?.detail?.['events'];
      const { of, events: applied, buyers, afterMs } = last ?? { of: Number(queued), events: 0, buyers: 0, afterMs: 0 };
      return {
        holds: applied === of && buyers === of && afterMs <= withinMs,
        measured: `${applied} of ${of}, for ${buyers} buyers, in ${(afterMs / 1_000).toFixed(0)} s`,
        limit: `all within ${withinMs / 1_000} s`,
        samples: { seen: Number.isNaN(of) ? 0 : of, needed: 1 },
      };
    },
  };
}

/** A watched number of replicas began at none, came to `atLeast`, and was none again at the end of the run. */
export function fromNoneAndBack({ of, atLeast }: { readonly of: string; readonly atLeast: number }): Check {
  return {
    name: `${of}, from none and back`,
    judge: ({ series }) => {
      const known = (series[of] ?? []).filter((value): value is number => value !== null && !Number.isNaN(value));
      const [first, most, last] = [known[0] ?? Number.NaN, Math.max(0, ...known), known.at(-1) ?? Number.NaN];
      return {
        holds: first === 0 && most >= atLeast && last === 0,
        measured: `${first}, ${most} at the most, ${last}`,
        limit: `none, at least ${atLeast}, none`,
        samples: { seen: known.length, needed: 10 },
      };
    },
  };
}
