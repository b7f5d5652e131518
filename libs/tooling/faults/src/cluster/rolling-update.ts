import type { Fault } from '../lab';
import { shopDeployments } from './deployments';
import { clusterOf } from './lab-cluster';
import { atMostOnce } from '../strikes';

const DONE = '--timeout=300s';

/** Every service of the shop gets new pods, one service after the other; ends by itself, after one whole round. */
export function rollingUpdate(): Fault {
  return {
    name: 'a rolling update of every service',
    async start(lab) {
      const cluster = clusterOf(lab);
      const where = `--namespace=${cluster.namespace}`;
      const names = await shopDeployments(cluster);
      let updated = 0;
      let enough = false;
      const round = async () => {
        for (const name of names) {
          if (enough || lab.signal.aborted) return;
          await cluster.kubectl(['rollout', 'restart', name, where]);
          await cluster.kubectl(['rollout', 'status', name, where, DONE]);
          updated += 1;
          lab.record('updated', { name });
        }
      };
      const ended = round();
      ended.catch((error: unknown) => lab.record('an update failed', { why: String(error) }));
      return {
        ended,
        undo: atMostOnce(async () => {
          enough = true;
          await ended.catch(() => undefined); // recorded above; the update under way is finished
        }),
        seen: async () => ({ metric: 'services updated', value: updated, least: names.length }),
      };
    },
  };
}
