import type { ServerResponse } from 'node:http';
import { LoadShedder, LoopDelay, Overloaded, TargetLimit, type Permit, type Priority } from '@stampede/resilience';
import { isBusyBehind } from './busy-behind';
import { noteRefusal } from './give-way';

/**
 * A loop that is later than this serves nobody in time: critical work is shed from here, normal work from 80 %,
 * background from half.
 */
const MAX_LOOP_DELAY_MS = 1_000;
/**
 * Readiness is taken back only after that much delay: a single pause must not send all traffic to the other replicas.
 */
const UNREADY_LOOP_DELAY_MS = 2_000;
/** From here on there is more to do than can be done at once, by this process or by its neighbours on the machine. */
const PRESSED_LOOP_DELAY_MS = 15;
/**
 * Callers that wait for a connection of the pool: at a pool of ten and 5 ms a statement, a tenth of a second of work.
 */
const MOST_WAITING_FOR_POOL = 200;
/** Loading modules and the tracing SDK holds the loop up as well; that is no load. */
const SETTLE_MS = 1_000;
/** Of a critical request, for its turn: half of the time that a buyer gives us. */
const LONGEST_WAIT_MS = 1_000;
/** How often it is asked whether anything may have to be shed; in between, a request pays for reading a boolean. */
const LOOK_MS = 25;

function leaveWith(response: ServerResponse, place: Permit): void {
  response.once('close', () => place.release());
}

/** What is known of a request when it is let in or not. */
export interface Arrival {
  readonly priority: Priority;
  /** An answer that lasts on purpose says nothing about load, and takes no place from those that do not. */
  readonly lasting: boolean;
}

export interface OverloadOptions {
  readonly service: string;
  readonly waitingForPool: () => number;
  /**
   * Whether this process stands at the edge, where the shop's load is decided on: what is let in here has a right to
   * be served by those behind. Others shed only when they cannot go on.
   */
  readonly edge: boolean;
  /** Told of what is refused because enough is being served. */
  readonly onShed: (priority: Priority) => void;
}

/** When this process has more to do than it can do in time: what it sheds, and when it asks to be left alone. */
export class Overload {
  private readonly shedder: LoadShedder;
  private readonly limit: TargetLimit;
  private delay: LoopDelay | undefined;
  private pressed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: OverloadOptions) {
    const { service, waitingForPool } = options;
    this.limit = new TargetLimit(service);
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

  /**
   * Lets a request in, at once or, where it is critical and the shop is full, in its turn. @throws overloaded, or
   * rejects with it
   */
  admit({ priority, lasting }: Arrival, response: ServerResponse): void | Promise<void> {
    if (this.pressed) this.shed(priority);
    if (!this.options.edge || priority === 'background' || lasting) return;
    if (!this.limit.full) return leaveWith(response, this.limit.enter());
    if (priority === 'critical') return this.wait(response);
    this.refuse(priority);
  }

  private shed(priority: Priority): void {
    try {
      this.shedder.admit(priority).release('ignored');
    } catch (error) {
      noteRefusal();
      throw error;
    }
  }

  private async wait(response: ServerResponse): Promise<void> {
    const place = await this.limit.next(LONGEST_WAIT_MS);
    if (place === undefined) return this.refuse('critical');
    if (response.destroyed) place.release('ignored'); // whoever waited has gone
    else leaveWith(response, place);
  }

  private refuse(priority: Priority): never {
    this.options.onShed(priority);
    throw new Overloaded('concurrency');
  }

  /** As many requests are being served as can be in time; critical ones wait for their turn, others are refused. */
  get full(): boolean {
    return this.options.edge && this.limit.full;
  }

  /** There is more to do than can be done at once, here or beside it on the same processor. */
  get busy(): boolean {
    return this.delayMs >= PRESSED_LOOP_DELAY_MS;
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
    const { delayMs } = this;
    this.pressed = delayMs * 2 >= MAX_LOOP_DELAY_MS || this.options.waitingForPool() * 2 >= MOST_WAITING_FOR_POOL;
    this.limit.look(this.busy || isBusyBehind());
  }
}
