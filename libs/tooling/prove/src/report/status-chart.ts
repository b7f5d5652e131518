import type { RunRecord, RunSeries } from '../journal';
import { across, chart, type Stage } from './chart';
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
  return BANDS.filter(({ has }) =>
    runs.some(({ statuses }) =>
      Object.entries(statuses).some(([status, values]) => has(Number(status)) && sumOf(values) > 0),
    ),
  );
}

export function statusScale(runs: readonly RunSeries[]): Scale {
  const totals = runs.flatMap((series) => stack(series).at(-1)?.top ?? []);
  return linearScale(Math.max(0, ...totals), HEIGHT_PX);
}

export function statusChart(stage: Stage, id: string, run: RunRecord, series: RunSeries, scale: Scale): Html {
  const bands = stack(series).map(
    (layer) => html`<path class="band ${layer.name}" d="${area(stage, layer, series.stepMs, scale)}" />`,
  );
  return chart(stage, run, {
    id,
    title: `Calls a second by status, ${run.role}`,
    description: `In all: ${totalsOf(series)}`,
    heightPx: HEIGHT_PX,
    scale,
    drawing: html`${bands}`,
  });
}

/** "200: 3,120, 503: 12, no answer: 4" */
export function totalsOf({ statuses, stepMs }: RunSeries): string {
  const totals = Object.entries(statuses)
    .map(([status, values]) => ({ status, count: Math.round((sumOf(values) * stepMs) / 1_000) }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${status === '0' ? 'no answer' : status}: ${figure(count)}`);
  return totals.length === 0 ? 'no calls' : totals.join(', ');
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
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

/**
 * Steps, as wide as the columns: there is nothing between two counts to be drawn. Heights are whole pixels, so that
 * equal ones need no words, and columns without such answers are left out.
 */
function area(stage: Stage, { top, bottom }: Layer, stepMs: number, scale: Scale): string {
  const edge = (values: readonly number[]) => values.map((value) => Math.round(scale.at(value)));
  const [there, back] = [edge(top), edge(bottom)];
  const x = (index: number) => across(stage, index * stepMs);
  const steps = (ys: readonly number[], from: number, to: number): Corner[] =>
    ys.slice(from, to).flatMap((y, index) => [
      [x(from + index), y],
      [x(from + index + 1), y],
    ]);
  return spansWhere(there.map((y, index) => y !== back[index]))
    .map(([from, to]) => outline([...steps(there, from, to), ...steps(back, from, to).toReversed()]))
    .join('');
}

type Corner = readonly [x: number, y: number];

/** From the first to behind the last of each row of `true`. */
function spansWhere(flags: readonly boolean[]): readonly (readonly [from: number, to: number])[] {
  const starts = flags.flatMap((flag, index) => (flag && flags[index - 1] !== true ? [index] : []));
  return starts.map((from) => {
    const to = flags.indexOf(false, from);
    return [from, to === -1 ? flags.length : to];
  });
}

function outline(corners: readonly Corner[]): string {
  const isBetween = ([x, y]: Corner, before?: Corner, after?: Corner) =>
    [before, after].every((other) => other?.[0] === x) || [before, after].every((other) => other?.[1] === y);
  const kept = corners.filter((corner, index) => !isBetween(corner, corners[index - 1], corners[index + 1]));
  const strokes = kept.map(([x, y], index) => {
    const [beforeX, beforeY] = kept[index - 1] ?? [];
    if (beforeX === undefined) return `M${x} ${y}`;
    return `${x === beforeX ? '' : `H${x}`}${y === beforeY ? '' : `V${y}`}`;
  });
  return `${strokes.join('')}Z`;
}
