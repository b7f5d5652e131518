import type { RunRecord, RunSeries } from '../journal';
import { chart, type Stage } from './chart';
import { html, type Html } from './html';
import { line } from './latency-chart';
import { figure, linearScale, type Scale } from './scale';

const HEIGHT_PX = 64;
const TICKS = 2;

export interface SampledMetrics {
  /** Worth a chart. */
  readonly moving: readonly string[];
  /** Never anything but 0 in any run. */
  readonly still: readonly string[];
}

export function metricsSeen(runs: readonly RunSeries[]): SampledMetrics {
  const names = [...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics)))];
  const moves = (name: string) =>
    runs.some(({ metrics }) => (metrics[name] ?? []).some((value) => value !== null && value !== 0));
  return { moving: names.filter(moves), still: names.filter((name) => !moves(name)) };
}

export function metricScale(runs: readonly RunSeries[], name: string): Scale {
  const values = runs.flatMap(({ metrics }) => [...(metrics[name] ?? [])]).filter((value) => value !== null);
  return linearScale(Math.max(0, ...values), HEIGHT_PX, TICKS);
}

export function metricChart(
  stage: Stage,
  id: string,
  run: RunRecord,
  { values, stepMs, name }: { values: readonly (number | null)[]; stepMs: number; name: string },
  scale: Scale,
): Html {
  const seen = values.filter((value) => value !== null);
  return chart(stage, run, {
    id,
    title: `${name} over time, ${run.role}`,
    description:
      seen.length === 0 ? 'Never seen' : `At most ${figure(Math.max(...seen))}, at the end ${figure(seen.at(-1) ?? 0)}`,
    heightPx: HEIGHT_PX,
    scale,
    drawing: html`<path class="line metric" d="${line(stage, values, stepMs, scale)}" />`,
  });
}
