import type { Journal, RunEvent, RunRecord, RunSeries } from '../journal';
import { coarser } from './columns';
import { proofPage } from './proof-page';
import { rawFiles, type NamedFile } from './raw-files';
import { shownRuns } from './words';

/** A claim keeps a quick and a full proof, together at most 200 kB. */
const MOST_BYTES = 100_000;

/** How much is left out, from nothing to what is needed for the longest and most eventful proof. */
interface Thinning {
  /** Seconds that become one. */
  readonly factor: number;
  /** The first ones of each kind. */
  readonly eventsOfAKind: number;
  /** Whether runs that are not drawn keep series, events and summary. */
  readonly undrawn: boolean;
}

const THINNINGS: readonly Thinning[] = [
  { factor: 1, eventsOfAKind: Infinity, undrawn: true },
  { factor: 1, eventsOfAKind: 200, undrawn: true },
  { factor: 1, eventsOfAKind: 200, undrawn: false },
  { factor: 2, eventsOfAKind: 100, undrawn: false },
  { factor: 4, eventsOfAKind: 50, undrawn: false },
  { factor: 8, eventsOfAKind: 20, undrawn: false },
  { factor: 16, eventsOfAKind: 10, undrawn: false },
];

/**
 * The proof as files of at most 100 kB in all, page included. What must be left out for that is said in the journal
 * and on the page, which links to the page of all claims where `claims` is given.
 * @throws Error when even the least of it is too much
 */
export function fitted(journal: Journal, claims?: string): readonly NamedFile[] {
  for (const thinning of THINNINGS) {
    const files = filesOf(thinned(journal, thinning), claims);
    if (bytesOf(files) <= MOST_BYTES) return files;
  }
  throw new Error(`the evidence of ${journal.id} has more than ${MOST_BYTES} bytes, however much is left out`);
}

export function bytesOf(files: readonly NamedFile[]): number {
  return files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

function filesOf(journal: Journal, claims?: string): readonly NamedFile[] {
  const raw = rawFiles(journal);
  return [{ name: 'index.html', what: 'the report', text: proofPage(journal, raw, claims) }, ...raw];
}

function thinned(journal: Journal, thinning: Thinning): Journal {
  const { experiment, control } = shownRuns(journal);
  const isDrawn = (run: RunRecord) => run === experiment || run === control;
  const runs = journal.runs.map((run) => (thinning.undrawn || isDrawn(run) ? less(run, thinning) : bare(run)));
  const fewerEvents = journal.runs.some(
    (run, index) => isDrawn(run) && runs[index]?.events.length !== run.events.length,
  );
  const said = [
    ...(thinning.factor === 1 ? [] : [`series have a column for every ${thinning.factor} of them`]),
    ...(fewerEvents ? [`of each kind of event the first ${thinning.eventsOfAKind} are kept`] : []),
    ...(thinning.undrawn || journal.runs.every(isDrawn)
      ? []
      : ['runs that are not drawn keep their checks, without series, events and summary']),
  ];
  return said.length === 0 ? journal : { ...journal, runs, thinned: [...(journal.thinned ?? []), ...said] };
}

function less(run: RunRecord, { factor, eventsOfAKind }: Thinning): RunRecord {
  const counts = new Map<string, number>();
  const isEarly = ({ kind }: RunEvent) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return (counts.get(kind) ?? 0) <= eventsOfAKind;
  };
  return { ...run, series: coarser(run.series, factor), events: run.events.filter(isEarly) };
}

const NO_SERIES: RunSeries = { stepMs: 1_000, latencyMs: { p50: [], p95: [], p99: [] }, statuses: {}, metrics: {} };

function bare(run: RunRecord): RunRecord {
  return { ...run, series: NO_SERIES, events: [], summary: { metrics: {} } };
}
