import { timing } from './settings.ts';

export type PhaseName = 'setup' | 'steady' | 'fault' | 'recovery';

let beganAtMs: number | undefined;

/** Every virtual user has a clock of its own: each arrival sets it to the begin that `setup` gave. */
export function setBegin(epochMs: number): void {
  beganAtMs = epochMs;
}

/** Since the load began; undefined while it is being set up. */
export function elapsedMs(): number | undefined {
  return beganAtMs === undefined ? undefined : Date.now() - beganAtMs;
}

export function phaseAt(ms: number | undefined): PhaseName {
  if (ms === undefined) return 'setup';
  if (ms < timing.steadyMs) return 'steady';
  return ms < timing.steadyMs + timing.faultMs ? 'fault' : 'recovery';
}
