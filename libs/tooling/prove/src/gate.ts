import type { Check } from './check';

/**
 * A gate looks at the steady phase alone, whatever its check would look at, and there at what had come to its end when
 * the fault began: what the fault's first moment broke was well before it.
 */
export function duringSteadyState(check: Check): Check {
  return {
    name: check.name,
    judge: (seen) => {
      const steady = seen.phases.filter(({ name }) => name === 'steady');
      const [{ toMs } = { toMs: 0 }] = steady;
      const calls = seen.calls.filter(({ atMs, ms }) => atMs + ms < toMs);
      return check.judge({ ...seen, phases: steady, calls });
    },
  };
}
