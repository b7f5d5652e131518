import type { Fault, LabShop } from './lab';
import { Strikes, atMostOnce } from './strikes';

const LOOK_MS = 250;
const BYTES_PER_MB = 1_048_576;

export interface BlockOptions {
  /** A process by its name: `orders-1`. Its service has the preload `block-event-loop`. */
  readonly name: string;
  readonly service: string;
  readonly everyMs: number;
  /** As `STAMPEDE_LAB_BLOCK_MS` in the claim's environment says; default 2 s. */
  readonly blockMs?: number;
}

/** The process computes for `blockMs` and does nothing else, again and again. Seen by its timers' longest delay. */
export function blockEventLoop({ name, service, everyMs, blockMs = 2_000 }: BlockOptions): Fault {
  return {
    name: `the event loop of ${name} stands still for ${blockMs / 1_000} s every ${everyMs / 1_000} s`,
    async start({ shop, record, signal }) {
      let longest = 0;
      const blocks = new Strikes({ record, signal }, everyMs, async () => {
        signalTo(shop, name);
        record('blocked', { name });
      });
      const looks = new Strikes({ record, signal }, LOOK_MS, async () => {
        longest = Math.max(longest, await delayOf(shop, service));
      });
      return {
        undo: atMostOnce(async () => {
          await blocks.stop();
          await looks.stop();
        }),
        seen: async () => {
          const seconds = Math.max(longest, await delayOf(shop, service));
          const metric = 'nodejs_eventloop_delay_seconds, the longest';
          return { metric, value: Number(seconds.toFixed(3)), least: (blockMs / 1_000) * 0.9 };
        },
      };
    },
  };
}

export interface LeakOptions {
  /** A process by its name. Its service has the preload `leak-memory`. */
  readonly name: string;
  readonly service: string;
  /** Below it the leak did not act; default 20 MB. */
  readonly leastMb?: number;
}

/** From now on the process keeps `STAMPEDE_LAB_LEAK_MB_PER_S` (default 20) more each second. Undone by a restart. */
export function leakMemory({ name, service, leastMb = 20 }: LeakOptions): Fault {
  return {
    name: `${name} leaks memory`,
    async start({ shop, record, signal }) {
      const before = await heapMbOf(shop, service);
      let most = before;
      const looks = new Strikes({ record, signal }, LOOK_MS, async () => {
        most = Math.max(most, await heapMbOf(shop, service));
      });
      signalTo(shop, name);
      record('leak begins', { name });
      return {
        undo: atMostOnce(async () => {
          await looks.stop();
          await shop.restart(name);
          record('leak ends', { name, grownByMb: Math.round(most - before) });
        }),
        seen: async () => ({
          metric: 'growth of nodejs_heap_bytes, MB',
          value: Math.round(most - before),
          least: leastMb,
        }),
      };
    },
  };
}

export interface ClockOptions {
  /** It has the preload `clock`. */
  readonly service: string;
  /** As `STAMPEDE_LAB_CLOCK_MS` in the claim's environment says: it is off from the start of the shop to its end. */
  readonly offsetMs: number;
  /** One whose clock is right. */
  readonly than: string;
}

/** Shows that the clock of a service is off, by when its processes and those of another say that they began. */
export function clockOff({ service, offsetMs, than }: ClockOptions): Fault {
  return {
    name: `the clock of ${service} is off by ${offsetMs / 1_000} s`,
    async start({ shop }) {
      const offS = (await beginOf(shop, service)) - (await beginOf(shop, than));
      return {
        undo: async () => undefined,
        seen: async () => ({
          metric: `process_start_time_seconds of ${service} and of ${than} apart`,
          value: Math.round(Math.sign(offsetMs) * offS),
          least: (Math.abs(offsetMs) / 1_000) * 0.8, // they do not begin at the same moment
        }),
      };
    },
  };
}

function signalTo(shop: LabShop, name: string): void {
  const pid = shop.pidOf(name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  process.kill(pid, 'SIGUSR2');
}

/** 0 while nobody answers. */
function delayOf(shop: LabShop, service: string): Promise<number> {
  return shop.metric('nodejs_eventloop_delay_seconds', { service, labels: { quantile: '1' } }).catch(() => 0);
}

async function heapMbOf(shop: LabShop, service: string): Promise<number> {
  return (await shop.metric('nodejs_heap_bytes', { service, labels: { state: 'used' } })) / BYTES_PER_MB;
}

async function beginOf(shop: LabShop, service: string): Promise<number> {
  return (await shop.metric('process_start_time_seconds', { service })) / shop.names(service).length;
}
