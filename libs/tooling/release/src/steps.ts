import type { Policy } from './policy';
import type { Sight } from './sight';

/** Where a release stands, as far as the gate is concerned. */
export interface Step {
  readonly weight: number;
  readonly fromMs: number;
  /** Requests of the new version when the step began. */
  readonly fromRequests: number;
  readonly open: boolean;
}

export interface Moment {
  readonly atMs: number;
  readonly sight: Sight;
  /** Of the new version, since the release began. */
  readonly canaryRequests: number;
}

type StepPolicy = Pick<Policy, 'requestsAStep' | 'stepMs' | 'strategy'>;

export interface Decision {
  readonly step: Step;
  /** What is to be done to the gate; undefined: nothing. */
  readonly gate: 'open' | 'shut' | undefined;
  /** The step had its time and not its sample. */
  readonly giveUp: boolean;
}

/** Before the first request: nothing stands in the way of the first step. */
export function firstStep(atMs: number): Step {
  return { weight: 0, fromMs: atMs, fromRequests: 0, open: false };
}

/**
 * The gate stands open for a step that has its sample and its time, and until the first step; a new step shuts it. With
 * A/B and blue-green there is one step, after which it stays open: Flagger asks there more than once.
 */
export function decide(
  before: Step,
  { atMs, sight, canaryRequests }: Moment,
  policy: StepPolicy,
  patienceMs: number,
): Decision {
  const weight = policy.strategy === 'canary' ? sight.weight : Math.min(sight.iterations, 1) * 100;
  const begins = weight !== before.weight && sight.phase === 'Progressing' && before.weight < weight;
  const step = begins ? { weight, fromMs: atMs, fromRequests: canaryRequests, open: before.open } : before;
  if (!isAnalysed(sight))
    return { step: { ...step, open: false }, gate: step.open ? 'shut' : undefined, giveUp: false };
  const enough = mayGoOn(step, atMs, canaryRequests, policy);
  return {
    step: { ...step, open: enough },
    gate: enough === step.open ? undefined : enough ? 'open' : 'shut',
    giveUp: !enough && atMs - step.fromMs > patienceMs,
  };
}

/** Requests of this step so far. */
export function requestsIn({ fromRequests }: Step, canaryRequests: number): number {
  return Math.max(0, canaryRequests - fromRequests);
}

function mayGoOn(step: Step, atMs: number, canaryRequests: number, policy: StepPolicy): boolean {
  if (step.weight === 0) return policy.strategy === 'canary';
  return requestsIn(step, canaryRequests) >= policy.requestsAStep && atMs - step.fromMs >= policy.stepMs;
}

function isAnalysed({ phase }: Sight): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion';
}
