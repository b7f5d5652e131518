import { serverTransactions, type LabShop, type MetricWhere } from '@stampede/faults';
import type { World } from './world';

/** What is drawn beside the load of every run: metrics of the whole shop, added up over its processes. */
const SAMPLED: Readonly<Record<string, { metric: string; where?: MetricWhere }>> = {
  'open sagas': { metric: 'stampede_saga_open' },
  'open breakers': { metric: 'stampede_breaker_state', where: { labels: { state: 'open' } } },
  'requests shed': { metric: 'stampede_shed_total' },
  retries: { metric: 'stampede_retries_total' },
  'CPU seconds': { metric: 'process_cpu_seconds_total' },
  'CPU seconds of the gateway': { metric: 'process_cpu_seconds_total', where: { service: 'gateway' } },
  'unpublished events': { metric: 'stampede_outbox_unpublished' },
  'deliveries tried again': { metric: 'stampede_bus_retries_total' },
  'dead letters': { metric: 'stampede_bus_dead_letters_total' },
};
const PERIOD_MS = 1_000;

/** Samples until `stop`, each source on its own: one that is slow or away leaves gaps (null) in its series alone. */
export class Sampler {
  readonly series: Record<string, (number | null)[]> = {};
  private readonly stopping = new AbortController();
  private done: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly world: Pick<World, 'now' | 'delay'>,
    private readonly shop: LabShop,
    /** PromQL by name, on a cluster. */
    private readonly watch: Readonly<Record<string, string>> = {},
  ) {}

  /** One column each second from `beganAt` (epoch ms) on. */
  start(beganAt: number): void {
    const metrics = Object.entries(SAMPLED).map(([name, { metric, where }]) =>
      this.follow(name, beganAt, () => this.shop.metric(metric, where)),
    );
    const transactions = this.follow('database transactions', beganAt, async () =>
      serverTransactions(this.shop.postgres.url),
    );
    const watched = Object.entries(this.watch).map(([name, promql]) =>
      this.follow(name, beganAt, async () => this.shop.cluster?.query(promql) ?? Number.NaN),
    );
    this.done = Promise.allSettled([...metrics, transactions, ...watched]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }

  private async follow(name: string, beganAt: number, read: () => Promise<number>): Promise<void> {
    const values: (number | null)[] = [];
    this.series[name] = values;
    while (!this.stopping.signal.aborted) {
      const waitMs = beganAt + values.length * PERIOD_MS - this.world.now();
      if (waitMs > 0) await this.world.delay(waitMs, this.stopping.signal);
      const column = this.columnAt(beganAt);
      const value = await read().catch(() => null);
      while (values.length < column) values.push(null); // the seconds that an earlier answer took
      values.push(this.columnAt(beganAt) > column ? null : value); // a figure of another second is not this one's
    }
  }

  private columnAt(beganAt: number): number {
    return Math.max(0, Math.floor((this.world.now() - beganAt) / PERIOD_MS));
  }
}
