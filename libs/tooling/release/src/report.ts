import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  chart,
  document,
  factList,
  figure,
  html,
  line,
  linearScale,
  moment,
  STYLE,
  type Html,
  type Stage,
} from '@stampede/prove/report';
import type { Compared, Measured, ReleaseRecord, ReleaseVerdict } from './record';
import { clock } from './words';

const LOOK: Readonly<Record<ReleaseVerdict, { sign: string; tone: string; word: string }>> = {
  promoted: { sign: '✓', tone: 'pass', word: 'PROMOTED' },
  'rolled-back': { sign: '✗', tone: 'fail', word: 'ROLLED BACK' },
  inconclusive: { sign: '?', tone: 'invalid', word: 'INCONCLUSIVE' },
  interrupted: { sign: '–', tone: 'unavailable', word: 'INTERRUPTED' },
};

const CHART_PX = 96;
const TICKS = 2;
const SECOND_MS = 1_000;
const MIB = 2 ** 20;

/** Writes the page and the record below the state folder. @returns the page's path */
export function keepRelease(state: string, record: ReleaseRecord): string {
  const { startedAt, wish } = record;
  const name = `${startedAt.slice(0, 19).replaceAll(':', '-')}-${wish.version}-${wish.strategy}`;
  const folder = join(state, 'releases', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'release.json'), `${JSON.stringify(record, null, 1)}\n`);
  const page = join(folder, 'index.html');
  writeFileSync(page, releasePage(record));
  return page;
}

/** One release as one page that needs nothing but itself. */
export function releasePage(record: ReleaseRecord): string {
  const { service, wish, why, verdict } = record;
  const { sign, tone, word } = LOOK[verdict];
  const title = `${service} ${wish.version}, ${wish.strategy}: ${word.toLowerCase()}`;
  return document({
    title,
    description: why,
    style: STYLE,
    body: html`<main>
        <header class="top">
          <p class="eyebrow">A release of ${service}</p>
          <h1>${record.before} to ${wish.version}, ${wish.strategy}</h1>
          <div class="verdict ${tone}">
            <p class="word"><span aria-hidden="true">${sign}</span> ${word}</p>
            <div><p class="why">${why}.</p></div>
          </div>
          ${facts(record)}
        </header>
        ${comparison(record)} ${charts(record)} ${timeline(record)}
      </main>
      <footer>
        <p>The figures behind this page: <a href="release.json">release.json</a></p>
      </footer>`,
  });
}

function facts({ startedAt, tookMs, wish, breach, rollbackMs, exposure }: ReleaseRecord): Html {
  const rows: (readonly [string, string])[] = [
    ['When', `${moment(startedAt)}, took ${clock(tookMs)}`],
    ['Load of its own', wish.requestsPerSecond === 0 ? 'none' : `${wish.requestsPerSecond} quotes/s`],
    [
      'Exposed',
      exposure.all === 0
        ? 'no request of a buyer was counted'
        : `${figure(exposure.canary)} of ${figure(exposure.all)} requests, ${percent(exposure.ratio)}`,
    ],
    ...(breach === undefined ? [] : [['Breach', `${breach.metric}, ${clock(breach.atMs)} after the begin`] as const]),
    ...(rollbackMs === undefined
      ? []
      : [['From breach to the last request', `${(rollbackMs / 1_000).toFixed(1)} s`] as const]),
  ];
  return factList(rows);
}

const NOT_MEASURED = 'not measured';
const FIGURES: readonly (readonly [string, (measured: Measured) => string])[] = [
  ['Requests', ({ requests }) => shown(requests, figure, NOT_MEASURED)],
  ['Answers 5xx', ({ errorRatio }) => shown(errorRatio, percent)],
  ['p99', ({ p99Ms }) => shown(p99Ms, (value) => `${figure(value)} ms`)],
  ['Memory', ({ residentBytes }) => shown(residentBytes, (value) => `${Math.round(value / MIB)} MiB`)],
  ['Wrong totals', ({ wrongTotals }) => shown(wrongTotals, figure, NOT_MEASURED)],
];

function comparison({ before, wish, verdict, metrics }: ReleaseRecord): Html {
  const after = verdict === 'promoted' ? wish.version : before;
  const columns: readonly (readonly [string, Measured])[] = [
    [`before: ${before}`, metrics.before.primary],
    [`during: ${before}`, metrics.during.primary],
    [`during: ${wish.version}`, metrics.during.canary],
    [`after: ${after}`, metrics.after.primary],
  ];
  return html`<section aria-labelledby="compared">
    <h2 id="compared">Before, during and after</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">${lasted(metrics.during)}</th>
          ${columns.map(([name]) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${FIGURES.map(
          ([name, of]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${columns.map(([column, measured]) => html`<td data-head="${column}">${of(measured)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function lasted({ fromMs, toMs }: Compared): string {
  return `both at once for ${clock(toMs - fromMs)}`;
}

/** What decided, over time: between the breach and the way back the time is shaded. */
function charts(record: ReleaseRecord): Html {
  const { samples, limits, breach, rollbackMs } = record;
  const stage: Stage = { lengthMs: Math.max(1, samples.length) * SECOND_MS };
  const shade =
    breach === undefined
      ? []
      : [{ name: 'fault' as const, fromMs: breach.atMs, toMs: breach.atMs + (rollbackMs ?? 0) }];
  const run = { phases: shade, events: [] };
  const shares = samples.map((sample, index) => shareOf(sample, samples[index - 5]));
  const drawings = [
    drawn(stage, run, 'share', 'Share of requests that the new version answers, of a hundred', shares),
    ...Object.entries(limits).map(([name, limit]) =>
      drawn(
        stage,
        run,
        name,
        `${name}, limit ${limit}`,
        samples.map(({ metrics }) => metrics[name] ?? null),
        limit,
      ),
    ),
  ];
  return html`<section aria-labelledby="course">
    <h2 id="course">Its course</h2>
    ${drawings}
  </section>`;
}

function drawn(
  stage: Stage,
  run: Parameters<typeof chart>[1],
  id: string,
  title: string,
  values: readonly (number | null)[],
  limit?: number,
): Html {
  const seen = values.map((value) => (value === null ? null : Math.max(0, value)));
  const most = Math.max(0, limit ?? 0, ...seen.filter((value) => value !== null));
  const scale = linearScale(most, CHART_PX, TICKS);
  const description = `At most ${figure(most)}${limit === undefined ? '' : `, where ${limit} is the limit`}`;
  const marked = limit === undefined ? [] : values.map(() => limit);
  return html`<div class="panel">
    <h3>${title}</h3>
    <div class="plot">
      ${chart(stage, run, {
        ...{ id, title, description, heightPx: CHART_PX, scale },
        drawing: html`<path class="line p95" d="${line(stage, marked, SECOND_MS, scale)}" /><path
            class="line metric"
            d="${line(stage, seen, SECOND_MS, scale)}"
          />`,
      })}
    </div>
  </div>`;
}

type Counted = Pick<ReleaseRecord['samples'][number], 'canaryRequests' | 'primaryRequests'>;

/** Over the last seconds: counters move only when they are read. */
function shareOf(now: Counted, before: Counted | undefined): number | null {
  if (before === undefined) return null;
  const canary = now.canaryRequests - before.canaryRequests;
  const all = canary + now.primaryRequests - before.primaryRequests;
  return all <= 0 ? null : (100 * canary) / all;
}

function timeline({ events }: ReleaseRecord): Html {
  return html`<section aria-labelledby="told">
    <h2 id="told">What happened</h2>
    <table class="claims">
      <tbody>
        ${events.map(
          ({ atMs, what }) =>
            html`<tr>
              <th scope="row">${clock(atMs)}</th>
              <td>${what}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function shown(value: number | null, inWords: (value: number) => string, otherwise = 'none'): string {
  return value === null ? otherwise : inWords(value);
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(2)} %`;
}
