import type { Trace } from './trace';

const SECOND_MS = 1_000;

export interface ArrivalOptions {
  /** How many trace seconds pass in one real second; > 0. */
  readonly timeScale: number;
  /** Arrivals per request of the trace, in the same compressed time; > 0. */
  readonly rateScale: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * When visitors arrive, in ms from the start, ascending: a Poisson process whose rate follows the trace. Open model:
 * arrivals do not wait for the shop. A trace second of r requests becomes 1/timeScale seconds at r x rateScale arrivals
 * per second.
 * @see Lewis and Shedler, Simulation of Nonhomogeneous Poisson Processes by Thinning (1979). Differs: the rate is
 * constant within a second, so gaps are drawn by inversion and nothing is thinned.
 */
export function* arrivals(trace: Trace, { timeScale, rateScale, random }: ArrivalOptions): Generator<number> {
  const stepMs = SECOND_MS / timeScale;
  let credit = exponential(random);
  for (const [second, requests] of trace.entries()) {
    const perStep = (requests * rateScale * stepMs) / SECOND_MS;
    let usedOfStep = 0;
    while (usedOfStep + credit <= perStep) {
      usedOfStep += credit;
      yield (second + usedOfStep / perStep) * stepMs;
      credit = exponential(random);
    }
    credit -= perStep - usedOfStep;
  }
}

/** How many arrivals to expect. */
export function expectedArrivals(trace: Trace, { timeScale, rateScale }: Omit<ArrivalOptions, 'random'>): number {
  return (trace.reduce((sum, requests) => sum + requests, 0) * rateScale) / timeScale;
}

function exponential(random: () => number): number {
  return -Math.log(1 - random());
}
