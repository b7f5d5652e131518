import type { RunEvent, RunRecord } from '../journal';
import { belowTop, chart, percent, type Stage } from './chart';
import { html, type Html } from './html';
import { figure } from './scale';

/** These are the shading of every chart. */
const SHADED = new Set(['fault on', 'fault off']);
const ROW_PX = 34;
const MARK_PX = 12;

/** Kinds of events in any of `runs`, in the order in which they first happened: a row each. */
export function kindsSeen(runs: readonly Pick<RunRecord, 'events'>[]): readonly string[] {
  const events = runs.flatMap((run) => run.events).toSorted((a, b) => a.atMs - b.atMs);
  return [...new Set(events.map(({ kind }) => kind))].filter((kind) => !SHADED.has(kind));
}

/** What happened when: a row for each kind, a mark for each event. */
export function eventStrip(stage: Stage, id: string, run: RunRecord, kinds: readonly string[]): Html {
  const rows = kinds.map((kind) => ({ kind, events: run.events.filter((event) => event.kind === kind) }));
  return chart(stage, run, {
    id,
    title: `Events, ${run.role}`,
    description: rows.map(({ kind, events }) => `${kind}: ${events.length}`).join('; '),
    heightPx: ROW_PX * kinds.length,
    marks: html`${rows.map(({ kind, events }, index) => row(stage, kind, events, belowTop(index * ROW_PX)))}`,
  });
}

function row(stage: Stage, kind: string, events: readonly RunEvent[], y: number): Html {
  const bottom = y + ROW_PX - 3;
  const places = new Map(events.map(({ atMs, detail }) => [percent(stage, atMs), toldOf(detail)]));
  return html`<text class="kind" x="4" y="${y + 13}">
      ${kind} <tspan class="count">${events.length === 0 ? 'none' : `× ${figure(events.length)}`}</tspan>
    </text>
    <line class="grid" x1="0" x2="100%" y1="${bottom}" y2="${bottom}" />${[...places].map(
      ([at, told]) =>
        html`<line class="mark" x1="${at}%" x2="${at}%" y1="${bottom - MARK_PX}" y2="${bottom}">${told}</line>`,
    )}`;
}

/** Shown when a pointer rests on the mark. */
function toldOf(detail: RunEvent['detail']): Html | undefined {
  const words = Object.entries(detail ?? {}).map(([name, value]) => `${name} ${String(value)}`);
  return words.length === 0 ? undefined : html`<title>${words.join(', ')}</title>`;
}
