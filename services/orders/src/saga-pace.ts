export interface PaceOptions {
  /** Orders worked on at a time where there is nothing against it. */
  readonly most: number;
  /** Whether there is more to do than can be done at once. */
  readonly busy: () => boolean;
  /** Age of the oldest order that is not finished. */
  readonly oldestAgeMs: () => Promise<number>;
  /** Above that age an order waits no longer for anybody. */
  readonly patienceMs: number;
  readonly now?: () => number;
}

/** On a busy processor one order is begun in so long: about a tenth of it, and no order is forgotten. */
const BEGIN_EVERY_MS = 500;

/**
 * How many orders are worked on: accepted ones can wait, those who want to place one cannot, so a busy processor is
 * left to these, until an order has waited for long. Afterwards work is taken up again step by step.
 */
export class SagaPace {
  private allowed: number;
  private begunAtMs = -Infinity;
  private late = false;
  private readonly now: () => number;

  constructor(private readonly options: PaceOptions) {
    this.allowed = options.most;
    this.now = options.now ?? (() => performance.now());
  }

  /** How many may be worked on now; to be asked before each is begun. */
  room(): number {
    const { busy, most } = this.options;
    if (!busy() || this.late) {
      if (this.late) this.look();
      return (this.allowed = Math.min(most, this.allowed + 1));
    }
    this.allowed = 1;
    const nowMs = this.now();
    if (nowMs - this.begunAtMs < BEGIN_EVERY_MS) return 0;
    this.begunAtMs = nowMs;
    this.look();
    return 1;
  }

  /** What cannot be told now is told the next time. */
  private look(): void {
    const { oldestAgeMs, patienceMs } = this.options;
    oldestAgeMs().then(
      (ageMs) => (this.late = ageMs > patienceMs),
      () => undefined,
    );
  }
}
