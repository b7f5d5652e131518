import { setTimeout as delay } from 'node:timers/promises';
import type { ActiveFault, Fault, Lab } from './lab';
import { atMostOnce } from './strikes';

/** The fault is over, and undone, after `forMs`. */
export function lasting(forMs: number, fault: Fault): Fault {
  return {
    name: `${fault.name}, for ${forMs / 1_000} s`,
    async start(lab) {
      const active = await fault.start(lab);
      const undone = new AbortController();
      const undo = atMostOnce(async () => {
        undone.abort();
        await active.undo();
      });
      const over = delay(forMs, undefined, { signal: AbortSignal.any([lab.signal, undone.signal]) });
      // Undone before its time: whoever did so knows.
      return { ended: over.then(undo, () => undefined), undo, seen: (load) => active.seen(load) };
    },
  };
}

/** One after the other, each for its time; all must be seen to act, and the first that is not is told. */
export function inTurn(...faults: readonly { readonly forMs: number; readonly fault: Fault }[]): Fault {
  return {
    name: faults.map(({ fault }) => fault.name).join(', then '),
    async start(lab: Lab) {
      const started: ActiveFault[] = [];
      let enough = false;
      const run = async (): Promise<void> => {
        for (const { forMs, fault } of faults) {
          if (enough) return;
          const active = await lasting(forMs, fault).start(lab);
          started.push(active);
          if (enough) await active.undo();
          await active.ended;
        }
      };
      const ended = run();
      ended.catch((error: unknown) => lab.record('a fault could not start', { why: String(error) }));
      return {
        ended,
        undo: atMostOnce(async () => {
          enough = true;
          for (const active of started) await active.undo();
          await ended;
        }),
        seen: async (load) => {
          const all = await Promise.all(started.map((active) => active.seen(load)));
          const missing = { metric: 'faults started', value: all.length, least: faults.length };
          return (
            all.find(({ value, least }) => value < least) ??
            (all.length < faults.length ? missing : (all[0] ?? missing))
          );
        },
      };
    },
  };
}
