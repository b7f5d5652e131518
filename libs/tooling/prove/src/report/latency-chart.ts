import type { RunRecord, RunSeries } from '../journal';
import { across, chart, down, type Stage } from './chart';
import { html, type Html } from './html';
import { figure, logScale, type Scale } from './scale';

export const QUANTILES = ['p50', 'p95', 'p99'] as const;
const HEIGHT_PX = 170;
/** Where nothing was answered at all, the axis still needs two ends: ms. */
const EMPTY = [1, 1_000] as const;

/** One scale for all of `runs`: logarithmic, for a fault makes some answers a hundred times as slow. */
export function latencyScale(runs: readonly RunSeries[]): Scale {
  const values = runs
    .flatMap(({ latencyMs }) => QUANTILES.flatMap((name) => [...latencyMs[name]]))
    .filter((value) => value !== null)
    .map((value) => Math.max(value, 1));
  const [low, high] = values.length === 0 ? EMPTY : [Math.min(...values), Math.max(...values)];
  return logScale(low, high, HEIGHT_PX);
}

export function latencyChart(stage: Stage, id: string, run: RunRecord, series: RunSeries, scale: Scale): Html {
  const { latencyMs, stepMs } = series;
  const lines = QUANTILES.map(
    (name) => html`<path class="line ${name}" d="${line(stage, latencyMs[name], stepMs, scale)}" />`,
  );
  return chart(stage, run, {
    id,
    title: `Latency percentiles over time, ${run.role}`,
    description: QUANTILES.map((name) => `${name} ${rangeOf(latencyMs[name])}`).join('; '),
    heightPx: HEIGHT_PX,
    scale,
    drawing: html`${lines}`,
  });
}

/** A line through the middles of columns; a column without a figure is a gap. */
export function line(stage: Stage, values: readonly (number | null)[], stepMs: number, scale: Scale): string {
  let pen: 'M' | 'L' = 'M';
  return values
    .map((value, index) => {
      if (value === null) {
        pen = 'M';
        return '';
      }
      const point = `${across(stage, (index + 0.5) * stepMs)} ${down(scale.at(value))}`;
      const alone = pen === 'M' && (values[index + 1] ?? null) === null;
      const drawn = `${pen}${point}${alone ? 'h0' : ''}`;
      pen = 'L';
      return drawn;
    })
    .join('');
}

function rangeOf(values: readonly (number | null)[]): string {
  const seen = values.filter((value) => value !== null);
  return seen.length === 0 ? 'not seen' : `from ${figure(Math.min(...seen))} to ${figure(Math.max(...seen))} ms`;
}
