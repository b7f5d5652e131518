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
  'dead letters': { metric: 'stampede_bus_dead_letters_total' },
};
const PERIOD_MS = 1_000;

/** Samples until `stop`; a sample that cannot be had is null. */
export class Sampler {
  readonly series: Record<string, (number | null)[]> = {};
  private readonly stopping = new AbortController();
  private done: Promise<void> = Promise.resolve();

  constructor(
    private readonly world: Pick<World, 'now' | 'delay'>,
    private readonly shop: LabShop,
  ) {}

  /** One column each second from `beganAt` (epoch ms) on. */
  start(beganAt: number): void {
    this.done = this.run(beganAt).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }

  private async run(beganAt: number): Promise<void> {
    for (let column = 0; !this.stopping.signal.aborted; column += 1) {
      const waitMs = beganAt + column * PERIOD_MS - this.world.now();
      if (waitMs > 0) await this.world.delay(waitMs, this.stopping.signal);
      const metrics = Object.entries(SAMPLED).map(([name, { metric, where }]) =>
        this.sample(name, column, () => this.shop.metric(metric, where)),
      );
      const transactions = this.sample('database transactions', column, async () =>
        serverTransactions(this.shop.postgres.url),
      );
      await Promise.all([...metrics, transactions]);
    }
  }

  private async sample(name: string, column: number, read: () => Promise<number>): Promise<void> {
    const value = await read().catch(() => null);
    const values = (this.series[name] ??= []);
    while (values.length < column) values.push(null); // a slow answer leaves a gap
    values[column] = value;
  }
}
