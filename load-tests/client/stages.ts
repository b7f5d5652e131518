import type { Stage } from './load.ts';
import { timing } from './settings.ts';

/** @throws Error unless the text is a JSON list of `{"ratePerSecond": 20, "durationMs": 5000}` */
export function stagesOf(text: string): Stage[] {
  const stages = JSON.parse(text) as Stage[];
  const sound =
    Array.isArray(stages) && stages.every(({ ratePerSecond, durationMs }) => ratePerSecond >= 0 && durationMs > 0);
  if (!sound || stages.length === 0)
    throw new Error(`stages: ${text.slice(0, 80)} is no list of { ratePerSecond, durationMs }`);
  return stages;
}

/**
 * Steady and recovery at `ratePerSecond`; between them the fault, which is the overload itself: each multiple for as
 * long as the others. @throws Error unless `multiples` is as `2,4,8`
 */
export function overload(ratePerSecond: number, multiples: string): Stage[] {
  const factors = multiples.split(',').map(Number);
  if (!factors.every((factor) => factor >= 0)) throw new Error(`multiples: "${multiples}" is not as "2,4,8"`);
  const durationMs = Math.floor(timing.faultMs / factors.length);
  return [
    { ratePerSecond, durationMs: timing.steadyMs },
    ...factors.map((factor) => ({ ratePerSecond: ratePerSecond * factor, durationMs })),
    { ratePerSecond, durationMs: timing.recoveryMs },
  ];
}
