import type { Policy } from './policy';
import type { Breach, ReleaseWish, Strategy } from './record';
import type { Sight } from './sight';
import { requestsIn, type Step } from './steps';

/** What a metric of the policy tells, around its value. */
const METRICS: Readonly<Record<string, (value: number) => string>> = {
  'error-excess': (value) => `${points(value)} 5xx`,
  'late-excess': (value) => `${points(value)} late`,
  'wrong-excess': (value) => `${points(value)} wrong totals`,
  'memory-ratio': (value) => `memory x${value.toFixed(2)}`,
  ready: (value) => `not ready for ${value.toFixed(0)} s`,
};

const UNITS: Readonly<Record<string, string>> = {
  ...{ 'error-excess': ' %', 'late-excess': ' %', 'wrong-excess': ' %' },
  ...{ 'memory-ratio': ' times as much', ready: ' s' },
};

export function beginning({ version, strategy }: ReleaseWish, before: string, policy: Policy): string {
  return `${version} is to take the place of ${before}: ${how(strategy, policy)}`;
}

function how(strategy: Strategy, { weights, requestsAStep }: Policy): string {
  if (strategy === 'ab') return `who sends x-release: canary gets it, until it has answered ${requestsAStep} requests`;
  if (strategy === 'blue-green')
    return `it answers ${requestsAStep} requests that no buyer made, then gets all at once`;
  return `${weights.join(', ')} of a hundred requests, ${requestsAStep} answers at each step, then all`;
}

/** What has changed from one look to the next, in words. */
export function changes(before: Sight | undefined, now: Sight, { version }: ReleaseWish, policy: Policy): string[] {
  const said: string[] = [];
  if (now.phase !== before?.phase && PHASES[now.phase] !== undefined) said.push(`${PHASES[now.phase]}`);
  if (now.ready && before?.ready === false && now.phase === 'Progressing') said.push(`${version} is up`);
  if (now.weight !== before?.weight && now.phase === 'Progressing' && now.weight > 0)
    said.push(weightInWords(now.weight, version, policy));
  if (now.failedChecks > (before?.failedChecks ?? 0))
    said.push(`a check has failed, ${now.failedChecks} of the ${policy.failedChecks} that send all requests back`);
  return said;
}

const PHASES: Readonly<Record<string, string>> = {
  Progressing: 'Flagger starts it beside the old version',
  Promoting: 'it has kept the policy: the old version is replaced, replica by replica',
  Finalising: 'all requests go to the replaced version; the spare one is taken away',
  Succeeded: 'it is promoted',
  Failed: 'all requests go to the old version again, and the new one is taken away',
};

function weightInWords(weight: number, version: string, { strategy }: Policy): string {
  return strategy === 'ab' ? `who asks for it gets ${version}` : `${weight} of a hundred requests go to ${version}`;
}

/** How far a step has come, with the metrics that decide. */
export function progress(
  step: Step,
  canaryRequests: number,
  metrics: Readonly<Record<string, number | null>>,
  policy: Policy,
): string {
  const seen = Math.round(requestsIn(step, canaryRequests));
  const figures = policy.checks.map(({ name }) => {
    const value = metrics[name] ?? null;
    return value === null ? `${name} unknown` : inWords(name, value);
  });
  return `${seen} of ${policy.requestsAStep} requests; against the old version ${figures.join(', ')}`;
}

export function breachInWords({ metric, value, limit }: Breach, version: string): string {
  return `${version}: ${inWords(metric, value)}, and ${limit}${UNITS[metric] ?? ''} is the limit`;
}

function inWords(metric: string, value: number): string {
  return METRICS[metric]?.(value) ?? `${metric} ${value}`;
}

/** Minutes and seconds since the beginning. */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function points(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)} %`;
}
