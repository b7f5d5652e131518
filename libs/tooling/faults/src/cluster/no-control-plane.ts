import type { Fault } from '../lab';
import { clusterOf } from './lab-cluster';

const ISTIOD = ['deployment/istiod', '--namespace=istio-system'];
const BACK = '--timeout=180s';

/** The mesh's control plane has no replica: no proxy hears anything new, no pod can start. */
export function noControlPlane(): Fault {
  return {
    name: 'istiod gone',
    async start(lab) {
      const cluster = clusterOf(lab);
      const { undo } = await cluster.change({
        name: 'istiod has no replica',
        make: [{ args: ['scale', ...ISTIOD, '--replicas=0'] }],
        unmake: [{ args: ['scale', ...ISTIOD, '--replicas=1'] }, { args: ['rollout', 'status', ...ISTIOD, BACK] }],
      });
      await cluster.kubectl([
        ...['wait', '--for=delete', 'pod', '--selector=app=istiod', '--namespace=istio-system', BACK],
      ]);
      const running = await cluster.kubectl([
        ...['get', 'pods', '--selector=app=istiod', '--namespace=istio-system', '--output=name'],
      ]);
      const gone = running.trim() === '' ? 1 : 0;
      return { undo, seen: async () => ({ metric: 'control planes gone', value: gone, least: 1 }) };
    },
  };
}
