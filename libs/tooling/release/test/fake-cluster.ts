import type { Gate, Point, QuoteLoad, ReleaseCluster, Sight, Strategy } from '../src';

const LOOK_MS = 10_000;
const STEPS = [2, 10, 25, 50];
const ITERATIONS = 6;
/** Share of the buyers who send the header. */
const ASK_FOR_IT = 0.1;
const GOING_ON = ['Progressing', 'WaitingPromotion', 'Promoting'];

interface Counts {
  readonly canary: number;
  readonly primary: number;
  readonly canaryOfBuyers: number;
  readonly primaryOfBuyers: number;
}

export interface FakeVersion {
  /** Whether it ever serves. */
  readonly starts?: boolean;
  /** Of a metric of the policy, above its limit once the new version has answered so many requests. */
  readonly breaks?: { readonly metric: string; readonly afterRequests: number; readonly value: number };
}

/**
 * Flagger, Prometheus and the shop as a release sees them, in a time of its own: `sleep` moves it. Flagger looks every
 * ten seconds, as the real one does.
 */
export class FakeCluster implements ReleaseCluster {
  nowMs = Date.parse('2026-11-25T12:00:00Z');
  readonly done: string[] = [];
  /** What it was asked for while it was away. */
  readonly unanswered: string[] = [];
  readonly gates: Record<Gate, boolean> = { gate: false, rollback: false };
  sight: Sight = {
    ...{ phase: 'Initialized', weight: 0, iterations: 0, failedChecks: 0, ready: false, unreadySinceMs: undefined },
  };
  current = 'v1';
  private strategy: Strategy = 'canary';
  /** When it does not answer, or not to who looks at a release alone; Flagger goes on. */
  away = { fromMs: Infinity, forMs: 0, forLooksAlone: false };
  wanted: string | undefined;
  private loadPerSecond = 0;
  private rehearsing = false;
  private counts: Counts = { canary: 0, primary: 0, canaryOfBuyers: 0, primaryOfBuyers: 0 };
  private readonly history: (Counts & { readonly atMs: number; readonly metric: number })[] = [];
  private nextLookMs = this.nowMs + LOOK_MS;

  constructor(
    private readonly released: FakeVersion = {},
    private readonly buyersPerSecond = 300,
  ) {}

  readonly sleep = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) this.pass(500);
  };

  async version(): Promise<string> {
    return this.current;
  }

  async prepare(manifest: string): Promise<void> {
    const canary = (JSON.parse(manifest) as { items: { metadata: { labels: { release: Strategy } } }[] }).items.at(-1);
    this.strategy = canary?.metadata.labels.release ?? 'canary';
    this.done.push('prepare');
  }

  async want(version: string, lab: boolean): Promise<void> {
    this.done.push(`want ${version}${lab ? ' in a lab' : ''}`);
    this.wanted = version;
  }

  async look(): Promise<Sight> {
    if (this.isAway()) throw new Error('the cluster is away');
    return this.sight;
  }

  async set(gate: Gate, open: boolean): Promise<void> {
    this.mustAnswer(`${open ? 'open' : 'shut'} ${gate}`);
    this.gates[gate] = open;
  }

  async load(load: QuoteLoad | undefined): Promise<void> {
    this.mustAnswer(load === undefined ? 'no load' : 'load');
    this.loadPerSecond = load?.requestsPerSecond ?? 0;
    this.done.push(load === undefined ? 'no load' : `load to ${load.targets.map(({ url }) => url).join(' and ')}`);
  }

  async rehearse(): Promise<void> {
    this.rehearsing = true;
    this.done.push('rehearse');
  }

  async query(promql: string, atMs = this.nowMs): Promise<number | null> {
    const then = this.history.findLast((moment) => moment.atMs <= atMs);
    if (promql.startsWith('sum(istio_requests_total') && !promql.includes('5..')) return then?.[counted(promql)] ?? 0;
    return null;
  }

  async series(promql: string, fromMs: number, toMs: number): Promise<readonly Point[]> {
    const within = this.history.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs && atMs % 1_000 === 0);
    const metric = this.released.breaks?.metric ?? '';
    const isIt = promql.includes(QUERY_OF[metric] ?? 'nothing');
    if (promql.startsWith('sum(istio_requests_total'))
      return within.map((moment) => ({ atMs: moment.atMs, value: moment[counted(promql)] }));
    return within.map(({ atMs, metric: value }) => ({ atMs, value: isIt ? value : 0 }));
  }

  private isAway(): boolean {
    const awayFor = this.nowMs - this.away.fromMs;
    return awayFor >= 0 && awayFor < this.away.forMs;
  }

  private mustAnswer(asked: string): void {
    if (!this.isAway() || this.away.forLooksAlone) return;
    this.unanswered.push(asked);
    throw new Error(`no answer to: ${asked}`);
  }

  private pass(ms: number): void {
    this.nowMs += ms;
    const [buyers, load] = [this.buyersPerSecond, this.loadPerSecond].map((perSecond) => (perSecond * ms) / 1_000);
    const { canary, primary, canaryOfBuyers, primaryOfBuyers } = this.counts;
    const asking = this.strategy === 'ab' ? ASK_FOR_IT : 1;
    const met = ((buyers ?? 0) * asking * this.sight.weight) / 100;
    const rehearsed = this.rehearsing ? (load ?? 0) / 2 : 0;
    this.counts = {
      canary: canary + met + rehearsed,
      primary: primary + (buyers ?? 0) - met + (load ?? 0) - rehearsed,
      canaryOfBuyers: canaryOfBuyers + met,
      primaryOfBuyers: primaryOfBuyers + (buyers ?? 0) - met,
    };
    this.history.push({ atMs: this.nowMs, ...this.counts, metric: this.metric() });
    if (this.nowMs < this.nextLookMs) return;
    this.nextLookMs += LOOK_MS;
    this.lookAsFlagger();
  }

  private metric(): number {
    const { breaks } = this.released;
    return breaks !== undefined && this.counts.canary >= breaks.afterRequests ? breaks.value : 0;
  }

  private lookAsFlagger(): void {
    const { phase, weight, failedChecks } = this.sight;
    if (this.wanted !== undefined && !GOING_ON.includes(phase)) return this.begin();
    if (phase === 'Promoting') return this.end('Succeeded');
    if (!GOING_ON.includes(phase)) return;
    if (this.gates.rollback || failedChecks > 0) return this.end('Failed');
    if (!this.sight.ready) return this.wait();
    if ((weight > 0 || this.sight.iterations > 0) && this.metric() > 0) return this.show({ failedChecks: 1 });
    if (this.strategy === 'canary') this.step();
    else this.iterate();
  }

  private step(): void {
    if (!this.gates.gate) return;
    const next = STEPS[STEPS.indexOf(this.sight.weight) + 1];
    if (next === undefined) this.show({ phase: 'Promoting' });
    else this.show({ weight: next });
  }

  /** A/B sends those who ask from the first iteration on; blue-green sends everything at the end, for one look. */
  private iterate(): void {
    const { iterations } = this.sight;
    const weight = this.strategy === 'ab' ? 100 : 0;
    if (iterations < ITERATIONS) return this.show({ iterations: iterations + 1, weight, phase: 'Progressing' });
    if (!this.gates.gate) return this.show({ iterations: ITERATIONS - 1, phase: 'WaitingPromotion' });
    const last = this.strategy === 'blue-green' && iterations === ITERATIONS;
    if (last) this.show({ iterations: iterations + 1, weight: 100 });
    else this.show({ phase: 'Promoting' });
  }

  private begin(): void {
    this.show({ phase: 'Progressing', unreadySinceMs: this.nowMs });
  }

  private wait(): void {
    if (this.released.starts !== false) this.show({ ready: true, unreadySinceMs: undefined });
    else if (this.nowMs - (this.sight.unreadySinceMs ?? 0) > 60_000) this.end('Failed');
  }

  private end(phase: 'Succeeded' | 'Failed'): void {
    if (phase === 'Succeeded') this.current = this.wanted ?? this.current;
    this.wanted = undefined;
    this.show({ phase, weight: 0, iterations: 0, ready: false });
  }

  private show(changes: Partial<Sight>): void {
    this.sight = { ...this.sight, ...changes };
  }
}

/** What a query of requests counts. */
function counted(promql: string): keyof Counts {
  const track = promql.includes('pricing-canary') ? 'canary' : 'primary';
  return promql.includes('source_workload') ? `${track}OfBuyers` : track;
}

/** What of a metric's query is in no other one. */
const QUERY_OF: Readonly<Record<string, string>> = {
  'error-excess': '5..',
  'late-excess': 'milliseconds_bucket',
  'wrong-excess': 'wrong_totals',
  'memory-ratio': 'resident_memory',
};
