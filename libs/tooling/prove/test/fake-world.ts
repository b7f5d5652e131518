import type { ActiveFault, Fault, LabShop } from '@stampede/faults';
import type { Call, SeenByBuyer } from '../src';
import type { LoadResult, OpenShopOptions, ShopInLab, World } from '../src/world';

/** How a shop that is not there behaves, with and without its mitigation. */
export interface FakeShop {
  /** Answers of one second of load: failed ones among them. */
  readonly failuresPerSecond: (phase: 'steady' | 'fault' | 'recovery', off: string | undefined) => number;
  readonly acted?: number;
  readonly droppedRatio?: number;
  /** Requests a second; fewer than the checks need make a run INVALID. */
  readonly rate?: number;
}

const RATE = 100;
const START = Date.parse('2026-06-11T18:00:00Z');

/** A world whose time passes when somebody waits, with a journal of what was done to it. */
export class FakeWorld implements World {
  readonly transcript: string[] = [];
  private time = START;
  private readonly sleepers: { at: number; wake: () => void }[] = [];
  private off: string | undefined;

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
    return {
      ...NOBODY,
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
      summary: { metrics: {} },
      droppedRatio,
      k6: { version: '2.2.0' },
    }));
    return { began: Promise.resolve(this.time), finished };
  }

  /** A fault that says how often it acted, and writes down when it was undone. */
  fault(): Fault {
    return {
      name: 'a fault',
      start: async (): Promise<ActiveFault> => {
        this.transcript.push('fault');
        let undone = false;
        return {
          undo: async () => {
            if (!undone) this.transcript.push('undo');
            undone = true;
          },
          seen: async () => ({ metric: 'things broken', value: this.shop.acted ?? 1, least: 1 }),
        };
      },
    };
  }

  private calls([steady, fault, end]: readonly [number, number, number]): Call[] {
    const calls: Call[] = [];
    for (let second = 0; second * 1_000 < end; second += 1) {
      const atMs = second * 1_000;
      const phase = atMs < steady ? 'steady' : atMs < fault ? 'fault' : 'recovery';
      const failures = this.shop.failuresPerSecond(phase, this.off);
      for (let n = 0; n < (this.shop.rate ?? RATE); n += 1) {
        const failed = n < failures;
        calls.push({ atMs, route: 'event-page', status: failed ? 503 : 200, ms: 5, attempt: 1, failed });
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
