import { commandsIn } from '@stampede/cluster';
import { atMostOnce, clusterOf, type Fault, type LabCluster } from '@stampede/faults';
import { kindCluster } from './kind-cluster';
import { release } from './release';

/** The kind of line in a run's journal that a check reads: one for each version that was released. */
export const RELEASED_EVENT = 'version released';

/** As it is told in the journal. */
export interface Released {
  /** `good`, or the version. */
  readonly wanted: string;
  readonly verdict: string;
  readonly why: string;
  readonly rollbackMs?: number;
  /** Of all requests to pricing, those that it answered. */
  readonly exposure: number;
}

export interface ReleasesOptions {
  /** Released one after the other; `good` is the one of v1 and v2 that does not answer yet. */
  readonly versions: readonly string[];
  readonly requestsPerSecond: number;
}

const PATIENCE_MS = 300_000;
/** One of each kind. */
const LEAST = 2;

/** New versions of pricing while buyers buy; undone when the version from before answers again. */
export function releases({ versions, requestsPerSecond }: ReleasesOptions): Fault {
  return {
    name: `releases of pricing, one after the other: ${versions.join(', ')}`,
    async start(lab) {
      const shop = clusterOf(lab);
      const { root } = shop;
      const cluster = await kindCluster(root, commandsIn(root));
      const before = await answering(shop);
      const stopping = new AbortController();
      const go = (version: string, signal: AbortSignal) =>
        release(
          { version, strategy: 'canary', requestsPerSecond, patienceMs: PATIENCE_MS },
          { root, cluster, signal, print: () => undefined },
        );
      let released = 0;
      const all = async () => {
        for (const wanted of versions) {
          const signal = AbortSignal.any([lab.signal, stopping.signal]);
          if (signal.aborted) return;
          const version = wanted === 'good' ? ((await answering(shop)) === 'v2' ? 'v1' : 'v2') : wanted;
          const { verdict, why, rollbackMs, exposure } = await go(version, signal);
          if (signal.aborted) return; // taken back because the time was over: that says nothing of it
          released += 1;
          const told: Released = {
            ...{ wanted, verdict, why, exposure: exposure.ratio },
            ...(rollbackMs === undefined ? {} : { rollbackMs }),
          };
          lab.record(RELEASED_EVENT, { ...told });
        }
      };
      const ended = all();
      ended.catch((error: unknown) => lab.record('a release failed', { why: String(error) }));
      return {
        ended,
        undo: atMostOnce(async () => {
          stopping.abort();
          await ended.catch(() => undefined); // recorded above
          if ((await answering(shop)) !== before) await go(before, new AbortController().signal);
        }),
        seen: async () => ({ metric: 'versions released', value: released, least: LEAST }),
      };
    },
  };
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

/** The version that answers; before the first release there is no copy of Flagger's, and no word of a version. */
async function answering(cluster: LabCluster): Promise<string> {
  const where = `--namespace=${cluster.namespace}`;
  const found =
    (await cluster.get<Deployment>(['deployment/pricing-primary', where])) ??
    (await cluster.get<Deployment>(['deployment/pricing', where]));
  const env = found?.spec.template.spec.containers.flatMap((container) => container.env ?? []) ?? [];
  return env.find(({ name }) => name === 'PRICING_VERSION')?.value ?? 'v1';
}
