export interface PaceOptions {
  /** Orders worked on at a time where there is nothing against it. */
  readonly most: number;
  /** Whether buyers are being refused. */
  readonly giveWay: () => boolean;
  /** Age of the oldest order that is not finished. */
  readonly oldestAgeMs: () => Promise<number>;
  /** Above that age an order waits no longer for anybody. */
  readonly patienceMs: number;
  readonly now?: () => number;
}

/** A change shows by then what it was good for. */
const STEP_MS = 200;
/** While buyers are refused one order is begun in so long: it takes about a tenth of a processor. */
const BEGIN_EVERY_MS = 500;

/**
 * How many orders are worked on: accepted ones can wait, those who want to place one cannot, so while buyers are
 * refused the processor is left to these, until an order has waited for long. Work is halved and halved again, and
 * taken up one order after the other.
 */
export class SagaPace {
  private allowed: number;
  private steppedAtMs = -Infinity;
  private begunAtMs = -Infinity;
  private late = false;
  private looking = false;
  private readonly now: () => number;

  constructor(private readonly options: PaceOptions) {
    this.allowed = options.most;
    this.now = options.now ?? (() => performance.now());
  }

  /** How many may be worked on now; to be asked before each is begun. */
  room(): number {
    const nowMs = this.now();
    const refusing = this.options.giveWay();
    const giveWay = refusing && !this.late;
    if (nowMs - this.steppedAtMs >= STEP_MS) {
      this.step(giveWay, nowMs);
      if (refusing || this.late) void this.look();
    }
    if (!giveWay || this.allowed > 1) return this.allowed;
    if (nowMs - this.begunAtMs < BEGIN_EVERY_MS) return 0;
    this.begunAtMs = nowMs;
    return 1;
  }

  private step(giveWay: boolean, nowMs: number): void {
    this.allowed = giveWay ? Math.max(1, Math.floor(this.allowed / 2)) : Math.min(this.options.most, this.allowed + 1);
    this.steppedAtMs = nowMs;
  }

  /** One at a time, so that a slow database is not asked by each step; what it cannot tell stays as it was. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      this.late = (await this.options.oldestAgeMs()) > this.options.patienceMs;
    } catch {
      // told the next time
    } finally {
      this.looking = false;
    }
  }
}
