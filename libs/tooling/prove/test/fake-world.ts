import type { ActiveFault, Fault, LabShop } from '@stampede/faults';
import type { Call, K6Summary, SeenByBuyer } from '../src';
import type { LoadResult, OpenShopOptions, ShopInLab, World } from '../src/world';

/** How a shop that is not there behaves, with and without its mitigation. */
export interface FakeShop {
  /** Answers of one second of load: failed ones among them. */
  readonly failuresPerSecond: (phase: 'steady' | 'fault' | 'recovery', off: string | undefined) => number;
  readonly acted?: number;
  readonly droppedRatio?: number;
  /** Requests a second; fewer than the checks need make a run INVALID. */
  readonly rate?: number;
  /** The calls of one more request, such as one that began before the fault and was broken by it. */
  readonly more?: readonly Call[];
  readonly faultFails?: { readonly to: 'start' | 'undo' | 'end' | 'be seen'; readonly why: string };
  /** From the end of the fault until everybody is ready again. */
  readonly downMs?: number;
  /** Figures of the shop; default all 0. */
  readonly metric?: LabShop['metric'];
  /** Default: it knows every order, confirmed. */
  readonly orderOf?: ShopInLab['orderOf'];
  readonly summary?: K6Summary;
}

const RATE = 100;
const START = Date.parse('2026-06-11T18:00:00Z');

/** A world whose time passes when somebody waits, with a journal of what was done to it. */
export class FakeWorld implements World {
  readonly transcript: string[] = [];
  private time = START;
  private readonly sleepers: { at: number; wake: () => void }[] = [];
  private off: string | undefined;
  private readonly added: Call[] = [];
  private undoneAt = -Infinity;

  constructor(private readonly shop: FakeShop) {}

  now(): number {
    return this.time;
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { at: this.time + ms, wake: () => (signal.aborted ? reject(signal.reason as Error) : resolve()) };
      this.sleepers.push(sleeper);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      if (this.sleepers.length === 1) setImmediate(() => this.pass());
    });
  }

  /** Time jumps to whoever wakes first, once everybody who can run has run. */
  private pass(): void {
    const next = this.sleepers.toSorted((a, b) => a.at - b.at)[0];
    if (next === undefined) return;
    this.time = Math.max(this.time, next.at);
    this.sleepers.splice(this.sleepers.indexOf(next), 1);
    next.wake();
    if (this.sleepers.length > 0) setImmediate(() => this.pass());
  }

  async openShop({ off }: OpenShopOptions): Promise<ShopInLab> {
    this.off = off;
    this.transcript.push(`open${off === undefined ? '' : ` without ${off}`}`);
    const { metric, orderOf, downMs = 0 } = this.shop;
    return {
      ...NOBODY,
      ...(metric === undefined ? {} : { metric }),
      ...(orderOf === undefined ? {} : { orderOf }),
      ready: async () => {
        if (this.time < this.undoneAt + downMs) throw new Error('not ready');
      },
      close: async () => void this.transcript.push('close'),
    } as unknown as ShopInLab;
  }

  startLoad({ settings, signal }: Parameters<World['startLoad']>[0]): ReturnType<World['startLoad']> {
    const { steadyMs = 0, faultMs = 0, recoveryMs = 0 } = settings as Record<string, number>;
    const edges = [steadyMs, steadyMs + faultMs, steadyMs + faultMs + recoveryMs] as const;
    const { droppedRatio = 0 } = this.shop;
    const finished = this.delay(edges[2], signal).then((): LoadResult => ({
      calls: this.calls(edges),
      seen: ORDER,
      summary: this.shop.summary ?? { metrics: {} },
      droppedRatio,
      k6: { version: '2.2.0' },
    }));
    return { began: Promise.resolve(this.time), finished };
  }

  /** One more call of the runs from now on. */
  add(call: Call): void {
    this.added.push(call);
  }

  /** A fault that says how often it acted, and writes down when it was undone. */
  fault(): Fault {
    return {
      name: 'a fault',
      start: async (): Promise<ActiveFault> => {
        this.fails('start');
        this.transcript.push('fault');
        let undone = false;
        const { faultFails } = this.shop;
        return {
          ...(faultFails?.to === 'end' ? { ended: Promise.reject(new Error(faultFails.why)) } : {}),
          undo: async () => {
            if (!undone) this.transcript.push('undo');
            if (!undone) this.undoneAt = this.time;
            undone = true;
            this.fails('undo');
          },
          seen: async () => {
            this.fails('be seen');
            return { metric: 'things broken', value: this.shop.acted ?? 1, least: 1 };
          },
        };
      },
    };
  }

  private fails(to: NonNullable<FakeShop['faultFails']>['to']): void {
    const { faultFails } = this.shop;
    if (faultFails?.to === to) throw new Error(faultFails.why);
  }

  private calls([steady, fault, end]: readonly [number, number, number]): Call[] {
    const calls: Call[] = [...(this.shop.more ?? []), ...this.added];
    for (let second = 0; second * 1_000 < end; second += 1) {
      const atMs = second * 1_000;
      const phase = atMs < steady ? 'steady' : atMs < fault ? 'fault' : 'recovery';
      const failures = this.shop.failuresPerSecond(phase, this.off);
      for (let n = 0; n < (this.shop.rate ?? RATE); n += 1) {
        const failed = n < failures;
        calls.push({
          ...{ atMs, firstAtMs: atMs, route: 'event-page', status: failed ? 503 : 200, ms: 5, attempt: 1, failed },
        });
      }
    }
    return calls;
  }
}

const ORDER: readonly SeenByBuyer[] = [{ atMs: 1_000, what: 'order', detail: { orderId: 'o-1', key: 'k-1' } }];

const NOBODY: Partial<ShopInLab> & Pick<LabShop, 'ready' | 'metric'> = {
  url: 'http://127.0.0.1:1',
  tokens: { operator: 'operator', organiser: 'organiser' },
  ready: async () => undefined,
  metric: async () => 0,
  audit: async () => ({ checkedAt: new Date(START).toISOString(), invariants: [] }),
  orderOf: async () => undefined,
  statement: async () => [],
  versions: async () => ({ node: '24' }),
};
