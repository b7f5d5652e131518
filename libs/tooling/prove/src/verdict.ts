import { controlsOf, type Claim, type Control } from './claim';
import type { Bite, CheckResult, RunOutcome, RunRecord, Verdict } from './journal';

export interface Ruling<Outcome> {
  readonly outcome: Outcome;
  readonly why: string;
}

/** What one run has shown, before it is ruled on. */
export interface RunFindings {
  readonly steadyState: readonly CheckResult[];
  readonly checks: readonly CheckResult[];
  readonly seen: RunRecord['fault']['seen'];
  /** Share of arrivals that k6 could not start. */
  readonly droppedRatio: number;
  /** What went wrong with the fault itself: it did not start, or was not undone. */
  readonly troubles: readonly string[];
}

/** Above it k6 was the limit, not the shop. */
const MOST_DROPPED = 0.01;

/**
 * What one run means. The order matters: where the shop was not well before the fault, or the fault did not act as it
 * should, no check means anything. A check that is broken beyond doubt needs no more samples in a control: a shop that
 * has collapsed answers few. What could not be read breaks nothing.
 */
export function ruleRun(role: RunRecord['role'], bites: readonly string[] | undefined, run: RunFindings): RunRuling {
  const [trouble] = run.troubles;
  if (trouble !== undefined) return { outcome: 'invalid', why: trouble };
  const unwell = run.steadyState.find((check) => !check.holds || isThin(check));
  if (unwell !== undefined) return { outcome: 'invalid', why: `before the fault: ${told(unwell)}` };
  const { metric, value, least } = run.seen;
  if (value < least) return { outcome: 'no-fault', why: `${metric} is ${value}, below ${least}` };
  const broken = run.checks.filter(({ holds, unknown = false }) => !holds && !unknown);
  if (role === 'control') {
    const biting = broken.filter(({ name }) => bites === undefined || bites.some((bite) => name.includes(bite)));
    const bite = deepest(biting);
    if (bite !== undefined) return { outcome: 'broken', ...bite };
  }
  if (run.droppedRatio > MOST_DROPPED) {
    const dropped = Number((run.droppedRatio * 100).toPrecision(2));
    return { outcome: 'invalid', why: `k6 dropped ${dropped} % of its arrivals: it was the limit, not the shop` };
  }
  const thin = run.checks.find(isThin);
  if (thin !== undefined) return { outcome: 'invalid', why: `too few samples: ${told(thin)}` };
  if (role === 'experiment' && broken[0] !== undefined) return { outcome: 'broken', why: told(broken[0]) };
  const unknown = run.checks.find((check) => check.unknown === true);
  if (unknown !== undefined) return { outcome: 'invalid', why: `cannot be judged: ${told(unknown)}` };
  return { outcome: 'holds', why: `all ${run.checks.length} checks hold` };
}

export interface RunRuling extends Ruling<RunOutcome> {
  readonly bite?: Bite;
}

/** A control that fails by less might have held another time. */
const LEAST_BITE = { count: 3, times: 2 };

/** Of the checks that bite the first that does so by far, else the first. */
function deepest(biting: readonly CheckResult[]): { why: string; bite: Bite } | undefined {
  const bites = biting.map((check) => ({ why: told(check), bite: biteOf(check) }));
  return bites.find(({ bite }) => !bite.thin) ?? bites[0];
}

function biteOf({ beyond }: CheckResult): Bite {
  if (beyond === undefined) return { thin: false };
  if ('count' in beyond) return { by: String(beyond.count), thin: beyond.count < LEAST_BITE.count };
  const { times } = beyond;
  if (!Number.isFinite(times)) return { thin: false }; // it never came, or there was to be none
  return { by: `${Number(times.toPrecision(2))} times its limit`, thin: times < LEAST_BITE.times };
}

/** What experiments and controls mean together. Only a promise that held, none of whose controls did, is proved. */
export function ruleClaim(claim: Pick<Claim, 'control'>, runs: readonly RunRecord[]): Ruling<Verdict> {
  const [first, ...others] = controlsOf(claim).map((control) => ruleWith(control, runs));
  if (first === undefined || first.outcome !== 'PASS') return first ?? { outcome: 'INVALID', why: 'it has no control' };
  const notBiting = others.find(({ outcome }) => outcome !== 'PASS');
  const more = others.map(({ why }) => why.slice(why.indexOf('; '))); // that it holds is said once
  return notBiting ?? { outcome: 'PASS', why: [first.why, ...more].join('') };
}

function ruleWith(control: Control, runs: readonly RunRecord[]): Ruling<Verdict> {
  const experiments = runs.filter(({ role }) => role === 'experiment');
  const bad = experiments.find(({ outcome }) => outcome !== 'holds');
  if (bad !== undefined) return { outcome: FAILED_EXPERIMENT[bad.outcome], why: bad.why };
  const counter = runs.find(({ role, off = control.off }) => role === 'control' && off === control.off);
  if (experiments.length === 0)
    return { outcome: 'INVALID', why: `the control alone proves nothing; it ${toldOfControl(counter)}` };
  if (counter === undefined)
    return { outcome: 'INVALID', why: 'it holds, but without its control that proves nothing' };
  switch (counter.outcome) {
    case 'broken':
      return {
        outcome: 'PASS',
        why: `${held(experiments)}; without ${control.off}: ${counter.why}${thinBite(counter)}`,
      };
    case 'holds':
      return { outcome: 'CONTROL-PASSED', why: `it holds without ${control.off} as well: the checks do not bite` };
    case 'invalid':
      return { outcome: 'INVALID', why: `control: ${counter.why}` };
    case 'no-fault':
      return { outcome: 'NO-FAULT', why: `control: ${counter.why}` };
  }
}

const FAILED_EXPERIMENT: Readonly<Record<RunOutcome, Verdict>> = {
  holds: 'PASS',
  broken: 'FAIL',
  invalid: 'INVALID',
  'no-fault': 'NO-FAULT',
};

function toldOfControl(counter: RunRecord | undefined): string {
  if (counter === undefined) return 'was not run either';
  return counter.outcome === 'broken' ? `bites: ${counter.why}` : `does not bite: ${counter.why}`;
}

/** Said wherever the verdict is, since another run may end otherwise. */
export function thinBite({ bite }: Pick<RunRecord, 'bite'>): string {
  return bite?.thin === true ? ` (thin: it bites by ${bite.by ?? 'little'})` : '';
}

function held(experiments: readonly RunRecord[]): string {
  return experiments.length === 1 ? 'it holds' : `it held ${experiments.length} times of ${experiments.length}`;
}

function isThin({ samples }: CheckResult): boolean {
  return samples !== undefined && samples.seen < samples.needed;
}

function told({ name, measured, limit, samples }: CheckResult): string {
  const few =
    samples !== undefined && samples.seen < samples.needed
      ? ` (${samples.seen} samples, ${samples.needed} needed)`
      : '';
  return `${name}: ${measured}, ${limit}${few}`;
}
