import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, Lab, LoadSeen, Seen } from '../lab';
import { atMostOnce } from '../strikes';
import { clusterOf, type LabCluster, type Made } from './lab-cluster';
import { scaledBy, withoutOwnScaler, type Scaling } from './scaling';

/** The kinds of lines in a run's journal that a check reads. */
export const RISE_EVENTS = { rise: 'the crowd rises', scaleIn: 'replicas are taken away' } as const;

/** Of one rise, as scenario `rise` sends it; the next begins where it ends. */
export interface RiseShape {
  /** Visitors, as multiples of those in calm times. */
  readonly multiples: readonly number[];
  readonly stepMs: number;
  /** The last one lasts so much longer. */
  readonly topMs: number;
  /** The first steps are calm enough to change who scales. The run's first rise begins after them. */
  readonly calmSteps: number;
}

export interface CrowdRisesOptions {
  readonly shape: RiseShape;
  /** Who scales, rise by rise, and from the first one again. */
  readonly scaledBy: readonly Scaling[];
  /** The services that are scaled; so many replicas each has before an announced crowd. */
  readonly replicas: Readonly<Record<string, number>>;
}

interface Clock {
  now(): number;
  /** @throws the signal's reason */
  delay(ms: number, signal: AbortSignal): Promise<void>;
}

const THIS_MACHINE: Clock = { now: Date.now, delay: (ms, signal) => delay(ms, undefined, { signal }) };
/** The crowd grew by so much at the least; buyers, who come as ever, are counted with it. */
const LEAST_TIMES = 5;

/** The crowd grows to many times its size, again and again, and each time another one scales the services. */
export function crowdRises(options: CrowdRisesOptions, clock = THIS_MACHINE): Fault {
  return {
    name: `the rise of a match day, scaled by ${options.scaledBy.join(', then ')}`,
    async start(lab) {
      const startedAt = clock.now();
      const cluster = clusterOf(lab);
      const aside = await cluster.change(await withoutOwnScaler(cluster, Object.keys(options.replicas)));
      const rises = new Rises({ lab, cluster, clock, startedAt }, options);
      const ended = rises.run();
      ended.catch((error: unknown) => lab.record('the rises broke off', { why: String(error) }));
      return {
        ended,
        undo: atMostOnce(async () => {
          rises.stop();
          await ended.catch(() => undefined); // recorded above
          await rises.scaleIn();
          await aside.undo();
        }),
        seen: async (load) => rises.seen(load),
      };
    },
  };
}

interface Around {
  readonly lab: Lab;
  readonly cluster: LabCluster;
  readonly clock: Clock;
  readonly startedAt: number;
}

class Rises {
  private readonly stopping = new AbortController();
  private readonly signal: AbortSignal;
  private scaling: { readonly by: Scaling; readonly made: Made } | undefined;
  /** When the crowd was largest, in ms since the start. */
  private readonly tops: { readonly fromMs: number; readonly toMs: number }[] = [];

  constructor(
    private readonly around: Around,
    private readonly options: CrowdRisesOptions,
  ) {
    this.signal = AbortSignal.any([around.lab.signal, this.stopping.signal]);
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Until it is stopped. @throws Error where who scales could not be changed in time */
  async run(): Promise<void> {
    const { multiples, stepMs, topMs, calmSteps } = this.options.shape;
    const everyMs = multiples.length * stepMs + topMs;
    const lastsMs = everyMs - calmSteps * stepMs;
    for (let count = 0; !this.signal.aborted; count += 1) {
      const by = this.options.scaledBy[count % this.options.scaledBy.length];
      if (by === undefined) throw new Error('nobody is named who scales');
      await this.change(by);
      const beginsMs = count * everyMs;
      await this.until(beginsMs);
      if (this.signal.aborted) return;
      const lateMs = this.elapsedMs() - beginsMs;
      if (lateMs > stepMs) throw new Error(`${by} scaled only ${Math.round(lateMs / 1_000)} s into the rise`);
      const doubledMs = (multiples.findIndex((times) => times >= 2) - calmSteps) * stepMs;
      const detail = { scaledBy: by, lastsMs: lastsMs - lateMs, doubledAfterMs: doubledMs - lateMs };
      this.around.lab.record(RISE_EVENTS.rise, detail);
      const endsMs = beginsMs + lastsMs;
      this.tops.push({ fromMs: endsMs - topMs, toMs: endsMs });
      await this.until(endsMs);
    }
  }

  /** Whoever scales goes, and all replicas but one of each service with him. */
  async scaleIn(): Promise<void> {
    const { scaling } = this;
    if (scaling === undefined) return;
    this.scaling = undefined;
    const replicas = await this.moreThanOne();
    this.around.lab.record(RISE_EVENTS.scaleIn, { scaledBy: scaling.by, replicas });
    await scaling.made.undo();
  }

  /** Arrivals at the tops against those before the fault. */
  seen(load: LoadSeen | undefined): Seen {
    const metric = 'calls a second when the crowd is largest, as a multiple of those before,';
    if (load === undefined) return { metric, value: 0, least: LEAST_TIMES };
    const perSecond = (fromMs: number, toMs: number) =>
      load.calls.filter(({ atMs, attempt }) => attempt === 1 && atMs >= fromMs && atMs < toMs).length / (toMs - fromMs);
    const tops = this.tops
      .map(({ fromMs, toMs }) => ({ fromMs: load.fromMs + fromMs, toMs: Math.min(load.toMs, load.fromMs + toMs) }))
      .filter(({ fromMs, toMs }) => fromMs < toMs)
      .map(({ fromMs, toMs }) => perSecond(fromMs, toMs));
    const times = tops.length === 0 ? 0 : Math.min(...tops) / perSecond(0, load.fromMs);
    return { metric, value: Number(times.toFixed(1)), least: LEAST_TIMES };
  }

  private async change(by: Scaling): Promise<void> {
    await this.scaleIn();
    const { cluster } = this.around;
    this.scaling = { by, made: await cluster.change(scaledBy(cluster, by, this.options.replicas)) };
  }

  /** Replicas beside the first one of each service. */
  private async moreThanOne(): Promise<number> {
    const { cluster } = this.around;
    let more = 0;
    for (const service of Object.keys(this.options.replicas)) {
      const found = await cluster.get<Scaled>(['deployment', service, `--namespace=${cluster.namespace}`]);
      more += Math.max(0, (found?.spec.replicas ?? 1) - 1);
    }
    return more;
  }

  private elapsedMs(): number {
    return this.around.clock.now() - this.around.startedAt;
  }

  /** Or until it is stopped. */
  private async until(ms: number): Promise<void> {
    const waitMs = ms - this.elapsedMs();
    if (waitMs > 0) await this.around.clock.delay(waitMs, this.signal).catch(() => undefined); // stopped
  }
}

interface Scaled {
  readonly spec: { readonly replicas: number };
}
