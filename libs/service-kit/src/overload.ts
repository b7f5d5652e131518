import { LoadShedder, LoopDelay } from '@stampede/resilience';

/** A loop that is later than this serves nobody in time; critical work is shed from here, normal work from 80 % of it. */
const MAX_LOOP_DELAY_MS = 500;
/** Loading modules and the tracing SDK holds the loop up as well; that is no load. */
const SETTLE_MS = 1_000;
/** Callers that wait for a connection of the pool: at a pool of ten and 5 ms a statement, a tenth of a second of work. */
const MOST_WAITING_FOR_POOL = 200;
/** Readiness is taken back only after that much delay: a single pause must not send all traffic to the other replicas. */
const UNREADY_LOOP_DELAY_MS = 1_000;

/** When this process has more to do than it can do in time: what it sheds, and when it asks to be left alone. */
export class Overload {
  readonly shedder: LoadShedder;
  private delay: LoopDelay | undefined;
  private settling: NodeJS.Timeout | undefined;

  constructor(service: string, waitingForPool: () => number) {
    this.shedder = new LoadShedder(service, {
      maxLoopDelayMs: MAX_LOOP_DELAY_MS,
      loopDelayMs: () => this.delay?.ms ?? 0,
      queue: { length: waitingForPool, max: MOST_WAITING_FOR_POOL },
    });
  }

  /** To be called once the service serves. */
  watch(): void {
    this.settling = setTimeout(() => {
      this.delay = new LoopDelay();
    }, SETTLE_MS).unref();
  }

  get shedding(): boolean {
    return (this.delay?.ms ?? 0) >= UNREADY_LOOP_DELAY_MS;
  }

  stop(): void {
    clearTimeout(this.settling);
    this.delay?.stop();
  }
}
