import type { Fault } from '../lab';
import { imageOf } from './deployments';
import { clusterOf } from './lab-cluster';
import { answersOf, sickPod } from './sick-replica';

const SICK = 'stampede/sick';
const LEAST_ANSWERS = 30;

/**
 * Whoever asks for a service is refused, with leave to ask again at once: nothing was done. All requests come to one
 * replica that does so; the service's own ones go on, and have them back with the end of the fault.
 */
export function sickService(service: string): Fault {
  const pod = `${service}-sick`;
  return {
    name: `every call to ${service} is answered 503, try again at once`,
    async start(lab) {
      const cluster = clusterOf(lab);
      const where = `--namespace=${cluster.namespace}`;
      const manifest = sickPod(
        {
          ...{ name: pod, service, image: await imageOf(cluster, service) },
          ...{ headers: { 'retry-after': '0' }, labels: { [SICK]: 'true' } },
        },
        cluster.namespace,
      );
      const select = (label: 'true' | null) => {
        const patch = `--patch=${JSON.stringify({ spec: { selector: { [SICK]: label } } })}`;
        return { args: ['patch', 'service', service, where, '--type=merge', patch] };
      };
      const before = await cluster.query(answersOf(cluster, service));
      const { undo } = await cluster.change({
        name: `a sick ${service}`,
        make: [
          { args: ['create', '--filename=-'], input: JSON.stringify(manifest) },
          { args: ['wait', '--for=condition=Ready', `pod/${pod}`, where, '--timeout=120s'] },
          select('true'),
        ],
        // not waited for: what its proxy has counted is read until it goes
        unmake: [select(null), { args: ['delete', 'pod', pod, where, '--ignore-not-found', '--wait=false'] }],
      });
      return {
        undo,
        seen: async () => ({
          metric: `calls to ${service} that were answered 503`,
          value: Math.round((await cluster.query(answersOf(cluster, service))) - before),
          least: LEAST_ANSWERS,
        }),
      };
    },
  };
}
