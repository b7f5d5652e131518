/** Buckets grow by this factor, so a percentile is at most 5 % too high. */
const GROWTH = 1.05;
const LOG_GROWTH = Math.log(GROWTH);

/** Latencies in ms, kept as counts of logarithmic buckets: constant memory for any number of samples. */
export class LatencyHistogram {
  private readonly counts = new Map<number, number>();
  private samples = 0;

  record(latencyMs: number): void {
    const bucket = latencyMs <= 1 ? 0 : Math.ceil(Math.log(latencyMs) / LOG_GROWTH);
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
    this.samples += 1;
  }

  get count(): number {
    return this.samples;
  }

  /** The upper edge of the bucket that holds the ratio (0..1) of samples; 0 when there are none. */
  percentileMs(ratio: number): number {
    let left = Math.ceil(this.samples * ratio);
    for (const [bucket, count] of [...this.counts].toSorted(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.round(GROWTH ** bucket);
    }
    return 0;
  }
}
