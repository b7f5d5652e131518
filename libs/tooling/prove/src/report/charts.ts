import type { RunRecord, RunSeries } from '../journal';
import type { Stage } from './chart';
import type { Shown } from './checks-table';
import { coarser, columnsOf } from './columns';
import { eventStrip, kindsSeen } from './event-strip';
import { html, type Html } from './html';
import { latencyChart, latencyScale, QUANTILES } from './latency-chart';
import { metricChart, metricScale, metricsSeen } from './metric-chart';
import { bandsSeen, statusChart, statusScale, totalsOf } from './status-chart';
import { OUTCOME } from './words';

/** More columns than this are no more to the eye, and much more to load. */
const MOST_COLUMNS = 150;

interface Drawn {
  readonly run: RunRecord;
  readonly series: RunSeries;
}

/** Every chart twice, experiment and control, on the same scales; nothing for a run of which no series was kept. */
export function charts(shown: Shown): Html | undefined {
  const runs = [shown.experiment, shown.control].filter((run) => run !== undefined);
  const drawn = runs.filter(({ series }) => columnsOf(series) > 0).map(drawnOf);
  if (drawn.length === 0) return undefined;
  const stage = stageOf(drawn);
  const all = drawn.map(({ series }) => series);
  const steps = [...new Set(all.map(({ stepMs }) => stepMs / 1_000))].join(' and ');
  return html`<section aria-labelledby="over-time">
    <h2 id="over-time">Over time</h2>
    <p class="hint">
      Seconds of load. Experiment and control have the same scales; the shaded window is the fault, the dotted line the
      moment when all was as before. A point is ${steps} s${steps === '1' ? '' : ': the worst of them for latencies'}.
    </p>
    ${latencies(stage, drawn, all)} ${statuses(stage, drawn, all)} ${eventRows(stage, drawn)}
    ${metrics(stage, drawn, all)}
  </section>`;
}

function drawnOf(run: RunRecord): Drawn {
  return { run, series: coarser(run.series, Math.ceil(columnsOf(run.series) / MOST_COLUMNS)) };
}

function stageOf(drawn: readonly Drawn[]): Stage {
  const ends = drawn.flatMap(({ run, series }) => [
    columnsOf(series) * series.stepMs,
    ...run.phases.filter(({ name }) => name !== 'recovery').map(({ toMs }) => toMs),
    ...run.events.map(({ atMs }) => atMs),
  ]);
  return { lengthMs: Math.max(1_000, ...ends) };
}

function latencies(stage: Stage, drawn: readonly Drawn[], all: readonly RunSeries[]): Html {
  const scale = latencyScale(all);
  const legend = QUANTILES.map(
    (name) => html`<li>${swatch(html`<path class="line ${name}" d="M0 6H28" />`)} ${name}</li>`,
  );
  return panel(drawn, {
    title: 'Latency of calls in ms, on a logarithmic scale',
    legend,
    draw: ({ run, series }) => latencyChart(stage, `latency-${run.role}`, run, series, scale),
  });
}

function statuses(stage: Stage, drawn: readonly Drawn[], all: readonly RunSeries[]): Html {
  const scale = statusScale(all);
  const legend = bandsSeen(all).map(
    ({ name, label }) => html`<li>${swatch(html`<rect class="band ${name}" width="28" height="12" />`)} ${label}</li>`,
  );
  return panel(drawn, {
    title: 'Calls a second, by status',
    legend,
    draw: ({ run, series }) => statusChart(stage, `status-${run.role}`, run, series, scale),
    note: ({ series }) => totalsOf(series),
  });
}

function eventRows(stage: Stage, drawn: readonly Drawn[]): Html | undefined {
  const kinds = kindsSeen(drawn.map(({ run }) => run));
  if (kinds.length === 0) return undefined;
  return panel(drawn, { title: 'Events', draw: ({ run }) => eventStrip(stage, `events-${run.role}`, run, kinds) });
}

function metrics(stage: Stage, drawn: readonly Drawn[], all: readonly RunSeries[]): Html {
  const { moving, still } = metricsSeen(all);
  const rows = moving.map((name, index) => {
    const scale = metricScale(all, name);
    const draw = ({ run, series: { metrics: sampled, stepMs } }: Drawn) =>
      metricChart(stage, `metric-${index}-${run.role}`, run, { values: sampled[name] ?? [], stepMs, name }, scale);
    return panel(drawn, { title: `Sampled: ${name}`, draw });
  });
  const rest = still.length === 0 ? undefined : html`<p class="hint">Sampled, and always 0: ${still.join(', ')}.</p>`;
  return html`${rows} ${rest}`;
}

interface Panel {
  readonly title: string;
  readonly legend?: readonly Html[];
  readonly draw: (one: Drawn) => Html;
  /** In words, below a chart. */
  readonly note?: (one: Drawn) => string;
}

function panel(drawn: readonly Drawn[], { title, legend = [], draw, note }: Panel): Html {
  const figures = drawn.map((one) => {
    const { role, outcome } = one.run;
    return html`<figure>
      <figcaption>${role === 'experiment' ? 'Experiment' : 'Control'} <em>${OUTCOME[role][outcome]}</em></figcaption>
      <div class="plot">${draw(one)}</div>
      ${note === undefined ? undefined : html`<p class="note">${note(one)}</p>`}
    </figure>`;
  });
  return html`<div class="panel">
    <div class="head">
      <h3>${title}</h3>
      ${
        legend.length === 0
          ? undefined
          : html`<ul class="legend">
              ${legend}
            </ul>`
      }
    </div>
    <div class="pair">${figures}</div>
  </div>`;
}

function swatch(drawing: Html): Html {
  return html`<svg class="swatch" width="28" height="12" aria-hidden="true">${drawing}</svg>`;
}
