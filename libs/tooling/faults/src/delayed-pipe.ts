import type { Socket } from 'node:net';

/** What may wait in a pipe before its source is told to stop for a while. */
const MOST_WAITING_BYTES = 1_048_576;

export interface Pace {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

interface Step {
  readonly dueAt: number;
  readonly bytes: number;
  run(): void;
}

/** Bytes from one socket to another: in order, each chunk when it is due. */
export class DelayedPipe {
  private readonly steps: Step[] = [];
  private waitingBytes = 0;
  private lineFreeAt = 0;
  private lastDueAt = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
  ) {
    to.on('drain', () => from.resume());
  }

  write(chunk: Buffer, { delayMs, bytesPerSecond }: Pace): void {
    this.lineFreeAt = Math.max(performance.now(), this.lineFreeAt) + (chunk.length / bytesPerSecond) * 1_000;
    this.add(this.lineFreeAt + delayMs, chunk.length, () => {
      if (this.to.writable && !this.to.write(chunk)) this.from.pause();
    });
    if (this.waitingBytes > MOST_WAITING_BYTES) this.from.pause();
  }

  /** Runs once all that was written before has left. */
  andThen(run: () => void): void {
    this.add(0, 0, run);
  }

  /** All that waits leaves now. */
  flush(): void {
    this.lineFreeAt = this.lastDueAt = 0;
    this.advance(Infinity);
  }

  /** What waits is lost. */
  drop(): void {
    clearTimeout(this.timer);
    this.steps.length = 0;
  }

  private add(dueAt: number, bytes: number, run: () => void): void {
    this.lastDueAt = Math.max(dueAt, this.lastDueAt);
    this.steps.push({ dueAt: this.lastDueAt, bytes, run });
    this.waitingBytes += bytes;
    this.advance(performance.now());
  }

  private advance(now: number): void {
    clearTimeout(this.timer);
    for (let step = this.steps[0]; step !== undefined && step.dueAt <= now; step = this.steps[0]) {
      this.steps.shift();
      this.waitingBytes -= step.bytes;
      step.run();
    }
    const [next] = this.steps;
    if (next === undefined) return this.resumed();
    this.timer = setTimeout(() => this.advance(performance.now()), Math.max(1, next.dueAt - now));
  }

  private resumed(): void {
    if (!this.to.writableNeedDrain) this.from.resume();
  }
}
