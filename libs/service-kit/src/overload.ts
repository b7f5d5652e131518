import { LoadShedder, LoopDelay, type Priority } from '@stampede/resilience';

/**
 * A loop that is later than this serves nobody in time: critical work is shed from here, normal work from 80 %,
 * background from half.
 */
const MAX_LOOP_DELAY_MS = 1_000;
/**
 * Readiness is taken back only after that much delay: a single pause must not send all traffic to the other replicas.
 */
const UNREADY_LOOP_DELAY_MS = 2_000;
/**
 * Callers that wait for a connection of the pool: at a pool of ten and 5 ms a statement, a tenth of a second of work.
 */
const MOST_WAITING_FOR_POOL = 200;
/** Loading modules and the tracing SDK holds the loop up as well; that is no load. */
const SETTLE_MS = 1_000;
/** How often it is asked whether anything may have to be shed; in between, a request pays for reading a boolean. */
const LOOK_MS = 50;

/** When this process has more to do than it can do in time: what it sheds, and when it asks to be left alone. */
export class Overload {
  private readonly shedder: LoadShedder;
  private delay: LoopDelay | undefined;
  private pressed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    service: string,
    private readonly waitingForPool: () => number,
  ) {
    this.shedder = new LoadShedder(service, {
      maxLoopDelayMs: MAX_LOOP_DELAY_MS,
      loopDelayMs: () => this.delayMs,
      queue: { length: waitingForPool, max: MOST_WAITING_FOR_POOL },
    });
  }

  /** To be called once the service serves. */
  watch(): void {
    this.timer = setTimeout(() => {
      this.delay = new LoopDelay();
      this.timer = setInterval(() => this.look(), LOOK_MS).unref();
    }, SETTLE_MS).unref();
  }

  /** @throws overloaded */
  admit(priority: Priority): void {
    if (this.pressed) this.shedder.admit(priority).release('ignored');
  }

  get shedding(): boolean {
    return this.delayMs >= UNREADY_LOOP_DELAY_MS;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.delay?.stop();
  }

  private get delayMs(): number {
    return this.delay?.ms ?? 0;
  }

  /** Background work, the first to be shed, is shed at half of each bound. */
  private look(): void {
    this.pressed = this.delayMs * 2 >= MAX_LOOP_DELAY_MS || this.waitingForPool() * 2 >= MOST_WAITING_FOR_POOL;
  }
}
