import type { RunRecord, RunSeries } from '../journal';
import { across, chart, down, type Stage } from './chart';
import { html, type Html } from './html';
import { figure, linearScale, type Scale } from './scale';

/** Statuses that are drawn alike, from the bottom of the stack to its top: from served to lost, from light to dark. */
const BANDS = [
  { name: 'ok', label: '2xx, 3xx', has: (status: number) => status >= 100 && status < 400 },
  { name: 'refused', label: '4xx', has: (status: number) => status >= 400 && status < 500 && status !== 429 },
  { name: 'limited', label: '429', has: (status: number) => status === 429 },
  { name: 'overloaded', label: '503', has: (status: number) => status === 503 },
  { name: 'failed', label: 'other 5xx', has: (status: number) => status >= 500 && status !== 503 },
  { name: 'silent', label: 'no answer', has: (status: number) => status === 0 },
] as const;
const HEIGHT_PX = 150;

/** Calls a second, added up for each kind of answer. */
export interface Band {
  readonly name: string;
  readonly label: string;
  readonly values: readonly number[];
}

/** The kinds of answers that any of `runs` has seen. */
export function bandsSeen(runs: readonly RunSeries[]): readonly { readonly name: string; readonly label: string }[] {
  return BANDS.filter(({ has }) => runs.some(({ statuses }) => Object.keys(statuses).some((key) => has(Number(key)))));
}

export function statusScale(runs: readonly RunSeries[]): Scale {
  const totals = runs.flatMap((series) => stack(series).at(-1)?.top ?? []);
  return linearScale(Math.max(0, ...totals), HEIGHT_PX);
}

export function statusChart(stage: Stage, id: string, run: RunRecord, series: RunSeries, scale: Scale): Html {
  const { stepMs } = series;
  return chart(stage, run, {
    id,
    title: `Calls a second by status, ${run.role}`,
    description: `In all: ${totalsOf(series)}`,
    heightPx: HEIGHT_PX,
    scale,
    drawing: html`${stack(series).map(({ name, top, bottom }) => html`<path class="band ${name}" d="${area(stage, top, bottom, stepMs, scale)}" />`)}`,
  });
}

/** "3,120 of 200, 12 of 503, 4 without an answer" */
export function totalsOf({ statuses, stepMs }: RunSeries): string {
  const totals = Object.entries(statuses).map(([status, values]) => {
    const count = Math.round((values.reduce((sum, value) => sum + value, 0) * stepMs) / 1_000);
    return status === '0' ? `${figure(count)} without an answer` : `${figure(count)} × ${status}`;
  });
  return totals.length === 0 ? 'no calls' : totals.join(', ');
}

interface Layer extends Band {
  readonly bottom: readonly number[];
  readonly top: readonly number[];
}

function stack({ statuses }: RunSeries): readonly Layer[] {
  const length = Math.max(0, ...Object.values(statuses).map((values) => values.length));
  let bottom: readonly number[] = Array.from({ length }, () => 0);
  return BANDS.flatMap(({ name, label, has }) => {
    const parts = Object.entries(statuses).filter(([status]) => has(Number(status)));
    if (parts.length === 0) return [];
    const values = bottom.map((_, index) => parts.reduce((sum, [, each]) => sum + (each[index] ?? 0), 0));
    const layer = { name, label, values, bottom, top: bottom.map((from, index) => from + (values[index] ?? 0)) };
    bottom = layer.top;
    return [layer];
  });
}

/** Steps, as wide as the columns: there is nothing between two counts to be drawn. Where it is empty it has no area. */
function area(stage: Stage, top: readonly number[], bottom: readonly number[], stepMs: number, scale: Scale): string {
  const edge = (values: readonly number[]) => values.map((value) => down(scale.at(value)));
  const right = (index: number) => across(stage, (index + 1) * stepMs);
  const left = (index: number) => across(stage, index * stepMs);
  const there = edge(top).map((y, index) => `V${y}H${right(index)}`);
  const back = edge(bottom).map((y, index) => `V${y}H${left(index)}`);
  return `M0 ${down(scale.at(0))}${there.join('')}${back.toReversed().join('')}Z`;
}
