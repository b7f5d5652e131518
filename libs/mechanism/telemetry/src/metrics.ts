import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { metricDefinitions, type LabelsOf, type MetricDefinition, type MetricKey, type MetricOfKind } from './names';
import { startPropagation } from './tracing';

type CounterKey = MetricOfKind<'counter'>;
type GaugeKey = MetricOfKind<'gauge'>;
type HistogramKey = MetricOfKind<'histogram'>;
/** One gauge with its labels and the value to show. */
export type GaugeValue = {
  [K in GaugeKey]: { readonly key: K; readonly labels: LabelsOf<K>; readonly value: number };
}[GaugeKey];
type Read = () => readonly GaugeValue[] | Promise<readonly GaugeValue[]>;

interface Reading {
  readonly read: Read;
  shown: readonly GaugeValue[];
}

/** A scrape waits no longer for a reading: whoever scrapes gives up after some seconds, and then has nothing at all. */
const READING_MS = 1_000;

/**
 * The metrics of one service: a registry of its own, so that one process may host several. A series appears when it
 * is first used.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #made = new Map<MetricKey, Counter | Gauge | Histogram>();
  readonly #readings: Reading[] = [];
  readonly #beforeScrape: (() => void)[] = [];

  constructor(readonly service: string) {
    this.registry.setDefaultLabels({ service });
  }

  count<K extends CounterKey>(key: K, labels: LabelsOf<K>, by = 1): void {
    (this.#metric(key) as Counter).inc(labels, by);
  }

  set<K extends GaugeKey>(key: K, labels: LabelsOf<K>, value: number): void {
    (this.#metric(key) as Gauge).set(labels, value);
  }

  /** `value` in the unit of the metric's name: seconds. */
  observe<K extends HistogramKey>(key: K, labels: LabelsOf<K>, value: number): void {
    (this.#metric(key) as Histogram).observe(labels, value);
  }

  /** One series of a histogram, to keep: spares the look-up on a hot path. */
  series<K extends HistogramKey>(key: K, labels: LabelsOf<K>): { observe(value: number): void } {
    return (this.#metric(key) as Histogram).labels(labels);
  }

  /** A gauge that is read at each scrape; see `readAll`. */
  read<K extends GaugeKey>(key: K, labels: LabelsOf<K>, read: () => number | Promise<number>): void {
    this.readAll(async () => [{ key, labels, value: await read() } as unknown as GaugeValue]);
  }

  /** Gauges that are read together at each scrape. What cannot be read within a second is left out of that scrape:
   *  no value is better than a wrong one. */
  readAll(read: Read): void {
    this.#readings.push({ read, shown: [] });
  }

  /** Runs before each scrape, to bring in what the process counts elsewhere. */
  beforeScrape(refresh: () => void): void {
    this.#beforeScrape.push(refresh);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Prometheus text. */
  async render(): Promise<string> {
    for (const refresh of this.#beforeScrape) refresh();
    await Promise.all(this.#readings.map((reading) => this.#take(reading)));
    return this.registry.metrics();
  }

  async #take(reading: Reading): Promise<void> {
    const values = await within(READING_MS, reading.read);
    for (const { key, labels } of reading.shown) (this.#metric(key) as Gauge).remove(labels);
    for (const { key, labels, value } of values) (this.#metric(key) as Gauge).set(labels, value);
    reading.shown = values;
  }

  #metric(key: MetricKey): Counter | Gauge | Histogram {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make(metricDefinitions[key], this.registry);
    this.#made.set(key, made);
    return made;
  }
}

async function within(limitMs: number, read: Read): Promise<readonly GaugeValue[]> {
  const { promise: late, resolve } = Promise.withResolvers<readonly GaugeValue[]>();
  const timer = setTimeout(resolve, limitMs, []);
  try {
    return await Promise.race([read(), late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}

function make(definition: MetricDefinition, registry: Registry): Counter | Gauge | Histogram {
  const { name, help } = definition;
  const configuration = { name, help, labelNames: definition.labels, registers: [registry] };
  if (definition.kind === 'counter') return new Counter(configuration);
  if (definition.kind === 'gauge') return new Gauge(configuration);
  return new Histogram({ ...configuration, buckets: [...(definition.buckets ?? [])] });
}

const opened = new Map<string, Metrics>();

/** The metrics of the service: the same object for the same name, whoever asks. */
export function metricsOf(service: string): Metrics {
  let metrics = opened.get(service);
  if (metrics === undefined) {
    startPropagation();
    metrics = new Metrics(service);
    opened.set(service, metrics);
  }
  return metrics;
}

/** The metrics of the only service of the process, or of the first one: for what no service can be named. */
export function anyMetrics(): Metrics | undefined {
  return opened.values().next().value;
}
