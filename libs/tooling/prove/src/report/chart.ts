import type { RunEvent, RunRecord } from '../journal';
import { html, type Html } from './html';
import { timeTicks, type Scale } from './scale';

/** What every chart of a proof shares, so that experiment and control can be compared by eye. */
export interface Stage {
  /** ms of the longer run: the width of every chart. */
  readonly lengthMs: number;
}

export interface Chart {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** What there is to see, for those who cannot. */
  readonly description: string;
  readonly heightPx: number;
  readonly scale?: Scale;
  /** In units of `WIDTH` and px, below the marks. */
  readonly drawing?: Html;
  /** Over the drawing, in percent and px. */
  readonly marks?: Html;
}

/** Paths are drawn this wide and stretched to the page: their strokes and all texts keep their size. */
export const WIDTH = 560;
/** Above the drawing, where the fault is named; below it, for the time. */
const TOP_PX = 20;
const BOTTOM_PX = 22;

/** One chart as SVG: a time axis in seconds of load, the fault shaded and named. */
export function chart(stage: Stage, run: Pick<RunRecord, 'phases' | 'events'>, parts: Chart): Html {
  const { id, title, description, heightPx, scale, drawing, marks } = parts;
  const bottom = TOP_PX + heightPx;
  return html`<svg
    class="chart"
    role="img"
    aria-labelledby="${id}-t ${id}-d"
    width="100%"
    height="${bottom + BOTTOM_PX}"
  >
    <title id="${id}-t">${title}</title>
    <desc id="${id}-d">${description}</desc>
    ${faultOf(stage, run, heightPx)} ${scale === undefined ? undefined : gridOf(scale)}
    <svg y="${TOP_PX}" width="100%" height="${heightPx}" viewBox="0 0 ${WIDTH} ${heightPx}" preserveAspectRatio="none">
      ${drawing}
    </svg>
    ${recoveryOf(stage, run.events, heightPx)} ${marks}
    <line class="axis" x1="0" x2="100%" y1="${bottom}" y2="${bottom}" />
    ${timeTicks(stage.lengthMs).map(({ value, label }) => timeLabel(percent(stage, value), label, bottom))}
  </svg>`;
}

/** Where a moment stands, of 100. */
export function percent({ lengthMs }: Stage, atMs: number): number {
  return Math.round((atMs / lengthMs) * 1_000) / 10;
}

/** Where a moment stands in a drawing. */
export function across({ lengthMs }: Stage, atMs: number): number {
  return Math.round((Math.min(atMs, lengthMs) / lengthMs) * WIDTH * 10) / 10;
}

/** A height with no more digits than a screen shows. */
export function down(px: number): number {
  return Math.round(px * 10) / 10;
}

/** Pixels from the top of a chart to a place in its drawing. */
export function belowTop(px: number): number {
  return TOP_PX + px;
}

function faultOf(stage: Stage, { phases }: Pick<RunRecord, 'phases'>, heightPx: number): Html | undefined {
  const fault = phases.find(({ name }) => name === 'fault');
  if (fault === undefined) return undefined;
  const from = percent(stage, fault.fromMs);
  const to = percent(stage, fault.toMs);
  const seconds = Math.round((fault.toMs - fault.fromMs) / 100) / 10;
  const bottom = TOP_PX + heightPx;
  return html`<rect class="fault" x="${from}%" width="${to - from}%" y="${TOP_PX}" height="${heightPx}" />
    <line class="edge" x1="${from}%" x2="${from}%" y1="${TOP_PX - 14}" y2="${bottom}" />
    <line class="edge" x1="${to}%" x2="${to}%" y1="${TOP_PX}" y2="${bottom}" />
    <text class="named" x="${from}%" dx="5" y="${TOP_PX - 6}">fault, ${seconds} s</text>`;
}

function recoveryOf(stage: Stage, events: readonly RunEvent[], heightPx: number): Html | undefined {
  const recovered = events.find(({ kind }) => kind === 'recovered');
  if (recovered === undefined) return undefined;
  const at = percent(stage, recovered.atMs);
  return html`<line class="recovered" x1="${at}%" x2="${at}%" y1="${TOP_PX}" y2="${TOP_PX + heightPx}" />`;
}

function gridOf({ at, ticks }: Scale): readonly Html[] {
  return ticks.map(({ value, label }) => {
    const y = down(TOP_PX + at(value));
    return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}" /><text class="y" x="-8" y="${y + 4}">
        ${label}
      </text>`;
  });
}

function timeLabel(at: number, label: string, bottom: number): Html {
  const anchor = at === 0 ? 'start' : at > 96 ? 'end' : 'middle';
  return html`<text x="${at}%" y="${bottom + 16}" text-anchor="${anchor}">${label}</text>`;
}
