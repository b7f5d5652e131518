import type { Journal, RunRecord, RunSeries } from '../journal';
import { columnsOf } from './columns';

export interface NamedFile {
  readonly name: string;
  readonly what: string;
  readonly text: string;
}

/** What journal.json holds: series, events and k6's summary of each run are in files of their own beside it. */
export type KeptJournal = Omit<Journal, 'runs'> & {
  readonly runs: readonly Omit<RunRecord, 'series' | 'events' | 'summary'>[];
};

/** A proof as files, its page excepted. Nothing is in two of them. */
export function rawFiles(journal: Journal): readonly NamedFile[] {
  const runs = journal.runs.map(({ series: _series, events: _events, summary: _summary, ...rest }) => rest);
  const kept: KeptJournal = { ...journal, runs };
  let experiments = 0;
  const ofRuns = journal.runs.flatMap((run) => {
    const name = run.role === 'control' ? 'control' : `experiment-${(experiments += 1)}`;
    return filesOf(name, run);
  });
  const text = `${JSON.stringify(kept, null, 1)}\n`;
  return [{ name: 'journal.json', what: 'verdict, checks, phases, versions, machine', text }, ...ofRuns];
}

function filesOf(name: string, { series, events, summary }: RunRecord): readonly NamedFile[] {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  return [
    { name: `${name}.series.csv`, what: 'percentiles, calls a second, sampled metrics', text: csvOf(series) },
    { name: `${name}.events.ndjson`, what: 'what happened when', text: lines },
    { name: `${name}.summary.json`, what: "k6's end-of-test summary", text: `${JSON.stringify(summary)}\n` },
  ].filter(({ text }) => text !== '' && text !== EMPTY_SUMMARY);
}

const EMPTY_SUMMARY = '{"metrics":{}}\n';

/** A line for each column; a cell is empty where nothing was seen. */
function csvOf(series: RunSeries): string {
  const { latencyMs, statuses, metrics, stepMs } = series;
  const columns: readonly (readonly [string, readonly (number | null)[]])[] = [
    ...Object.entries(latencyMs).map(([name, values]) => [`${name}_ms`, values] as const),
    ...Object.entries(statuses).map(([status, values]) => [`calls_per_second_${status}`, values] as const),
    ...Object.entries(metrics),
  ];
  const length = columnsOf(series);
  if (length === 0) return '';
  const rows = Array.from({ length }, (_, index) =>
    [(index * stepMs) / 1_000, ...columns.map(([, values]) => values[index] ?? '')].join(','),
  );
  const head = ['from_s', ...columns.map(([name]) => (/[",\n]/.test(name) ? JSON.stringify(name) : name))];
  return `${[head.join(','), ...rows].join('\n')}\n`;
}
