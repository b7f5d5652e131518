import { commandsIn } from '@stampede/cluster';
import { CLUSTER_MITIGATIONS, atMostOnce, clusterOf, type Fault, type LabCluster } from '@stampede/faults';
import { kindCluster } from './kind-cluster';
import { release } from './release';
import type { ReleaseCluster } from './sight';

/** The kind of line in a run's journal that a check reads: one for each version that was released. */
export const RELEASED_EVENT = 'version released';

/** As it is told in the journal. */
export interface Released {
  /** `good`, or the version. */
  readonly wanted: string;
  readonly verdict: string;
  readonly why: string;
  readonly rollbackMs?: number;
  /** Of all requests to pricing, those that it answered; undefined where there were none. */
  readonly exposure?: number;
}

export interface ReleasesOptions {
  /** Released one after the other; `good` is the one of v1 and v2 that does not answer yet. */
  readonly versions: readonly string[];
  readonly requestsPerSecond: number;
}

const PATIENCE_MS = 300_000;
/** One that is not judged takes a minute. */
const BACK_WITHIN_MS = 300_000;
/** One of each kind. */
const LEAST = 2;

/**
 * New versions of pricing while buyers buy; undone when the version from before answers again, which is known to be
 * good: it is not judged, so that this takes one minute and not five.
 */
export function releases({ versions, requestsPerSecond }: ReleasesOptions): Fault {
  return {
    name: `releases of pricing, one after the other: ${versions.join(', ')}`,
    async start(lab) {
      const around = clusterOf(lab);
      const { root } = around;
      const cluster = await kindCluster(root, commandsIn(root));
      const before = await cluster.version();
      const stopping = new AbortController();
      const go = (version: string, signal: AbortSignal, rate = requestsPerSecond) =>
        release(
          { version, strategy: 'canary', requestsPerSecond: rate, patienceMs: PATIENCE_MS },
          { root, cluster, signal, print: () => undefined },
        );
      let released = 0;
      const all = async () => {
        for (const wanted of versions) {
          const signal = AbortSignal.any([lab.signal, stopping.signal]);
          if (signal.aborted) return;
          const version = wanted === 'good' ? ((await cluster.version()) === 'v2' ? 'v1' : 'v2') : wanted;
          const { verdict, why, rollbackMs, exposure } = await go(version, signal);
          if (signal.aborted) return; // taken back because the time was over: that says nothing of it
          released += 1;
          const told: Released = {
            ...{ wanted, verdict, why },
            ...(exposure.all === 0 ? {} : { exposure: exposure.ratio }),
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
          await backTo(before, cluster, async (signal) => {
            const unjudged = await around.change(await withoutJudgement(around));
            await go(before, signal, 0).finally(() => unjudged.undo());
          });
        }),
        seen: async () => ({ metric: 'versions released', value: released, least: LEAST }),
      };
    },
  };
}

/**
 * The version from before answers again, by a release of it that is taken back when it takes too long. @throws Error
 * where another one answers afterwards
 */
export async function backTo(
  version: string,
  cluster: Pick<ReleaseCluster, 'version'>,
  go: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if ((await cluster.version()) === version) return;
  await go(AbortSignal.timeout(BACK_WITHIN_MS));
  const now = await cluster.version();
  if (now !== version) throw new Error(`pricing is not as it was: ${now} answers, and before the fault ${version} did`);
}

function withoutJudgement(cluster: LabCluster) {
  const judge = CLUSTER_MITIGATIONS.find(({ id }) => id === 'judge-versions');
  if (judge === undefined) throw new Error('nobody judges versions');
  return judge.without(cluster);
}
