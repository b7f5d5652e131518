import { PerformanceObserver, constants, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Metrics } from './metrics';

/** 50 looks a second find a blocked loop of 20 ms and cost a thousandth of a core. */
const DELAY_RESOLUTION_MS = 20;
/** Quantiles are of the present window, or of the last one while the present is young: a pause shows for 10 to 20 s. */
const DELAY_WINDOW_MS = 10_000;
const QUANTILES = [0.5, 0.99, 1] as const;
const NANOSECONDS = 1e9;

const COLLECTORS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak-callbacks',
};

/** USE of the runtime. They are the process's: services that share one show the same figures. */
export function addRuntimeMetrics(metrics: Metrics): void {
  const delay = new DelayWindow();
  let busySince = performance.eventLoopUtilization();
  let cpuBefore = { user: 0, system: 0 };
  observeGc(metrics);
  metrics.set('startTime', {}, performance.timeOrigin / 1_000);
  metrics.beforeScrape(() => {
    for (const quantile of QUANTILES) metrics.set('eventLoopDelay', { quantile }, delay.seconds(quantile));
    const busy = performance.eventLoopUtilization();
    metrics.set('eventLoopUtilisation', {}, performance.eventLoopUtilization(busy, busySince).utilization);
    busySince = busy;
    const cpu = process.cpuUsage();
    metrics.count('cpu', { mode: 'user' }, (cpu.user - cpuBefore.user) / 1e6);
    metrics.count('cpu', { mode: 'system' }, (cpu.system - cpuBefore.system) / 1e6);
    cpuBefore = cpu;
    const memory = process.memoryUsage();
    metrics.set('residentMemory', {}, memory.rss);
    metrics.set('heap', { state: 'used' }, memory.heapUsed);
    metrics.set('heap', { state: 'total' }, memory.heapTotal);
  });
}

function observeGc(metrics: Metrics): void {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      metrics.observe('gcDuration', { collector: COLLECTORS[kind] ?? 'other' }, entry.duration / 1_000);
    }
  }).observe({ entryTypes: ['gc'] });
}

/** One histogram for all services of the process. */
let monitor: ReturnType<typeof monitorEventLoopDelay> | undefined;

class DelayWindow {
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;
  #startedAt = performance.now();
  #last: Readonly<Record<number, number>> = {};

  constructor() {
    monitor ??= monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    monitor.enable();
    this.#histogram = monitor;
  }

  /** How much later than asked a timer ran. */
  seconds(quantile: number): number {
    if (performance.now() - this.#startedAt > DELAY_WINDOW_MS) this.#roll();
    return Math.max(this.#present(quantile), this.#last[quantile] ?? 0);
  }

  #roll(): void {
    this.#last = Object.fromEntries(QUANTILES.map((quantile) => [quantile, this.#present(quantile)]));
    this.#startedAt = performance.now();
    this.#histogram.reset();
  }

  #present(quantile: number): number {
    if (this.#histogram.count === 0) return 0;
    const nanoseconds = quantile === 1 ? this.#histogram.max : this.#histogram.percentile(quantile * 100);
    return Math.max(0, nanoseconds / NANOSECONDS - DELAY_RESOLUTION_MS / 1_000);
  }
}
