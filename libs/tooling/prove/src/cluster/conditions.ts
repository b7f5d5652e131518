import {
  CLUSTER_MITIGATIONS,
  shopDeployments,
  asTheyAre,
  type Change,
  type Instruction,
  type LabCluster,
} from '@stampede/faults';
import { LAB_VARIABLE, OFF_VARIABLE } from '@stampede/topology';
import type { OpenShopOptions } from '../world';

/** What a claim, and its control, want of the shop, as changes of the cluster in the order in which they are made. */
export async function conditionsOf(
  cluster: LabCluster,
  { replicas = {}, env = {}, off }: Pick<OpenShopOptions, 'replicas' | 'env' | 'off'>,
): Promise<Change[]> {
  const taken = CLUSTER_MITIGATIONS.find(({ id }) => id === off);
  const inside = off === undefined || taken !== undefined ? {} : { [LAB_VARIABLE]: '1', [OFF_VARIABLE]: off };
  const scaled = await Promise.all(
    Object.entries(replicas).map(([service, count]) => replicasOf(cluster, service, count)),
  );
  return [
    ...scaled,
    ...(taken === undefined ? [] : [await taken.without(cluster)]),
    ...(await variables(cluster, { ...env, ...inside })),
  ];
}

interface Scaled {
  readonly spec: { readonly replicas: number };
}

const NONE = '--for=jsonpath={.spec.replicas}=0';
const SLEEPS_WITHIN = '--timeout=420s'; // its autoscaler waits five minutes before it takes one away
const PAUSED = 'autoscaling.keda.sh/paused-replicas';

/** Exactly so many, whatever the CPU or the lag says: an autoscaler that has its way would be another experiment. */
async function replicasOf(cluster: LabCluster, service: string, count: number): Promise<Change> {
  const where = `--namespace=${cluster.namespace}`;
  const name = `${count} replicas of ${service}`;
  const scale = (to: number): Instruction => ({ args: ['scale', `deployment/${service}`, where, `--replicas=${to}`] });
  if ((await cluster.get(['scaledobject', service, where])) !== undefined) {
    if (count === 0) return asleep(cluster, service);
    const annotate = ['annotate', 'scaledobject', service, where, '--overwrite'];
    return {
      name,
      make: [{ args: [...annotate, `${PAUSED}=${count}`] }, scale(count)],
      unmake: [{ args: [...annotate, `${PAUSED}-`] }],
    };
  }
  const scaler = ['horizontalpodautoscaler', service];
  const was = (await cluster.get<Scaled>(['deployment', service, where]))?.spec.replicas ?? 1;
  if ((await cluster.get([...scaler, where])) === undefined)
    return { name, make: [scale(count)], unmake: [scale(was)] };
  const before = await asTheyAre(cluster, scaler);
  const bounds = JSON.stringify({ spec: { minReplicas: count, maxReplicas: count } });
  return {
    name,
    make: [{ args: ['patch', ...scaler, where, '--type=merge', `--patch=${bounds}`] }, scale(count)],
    unmake: [...before.map((input) => ({ args: ['replace', '--filename=-'], input })), scale(was)],
  };
}

/** Who scales on lag comes to none by himself: held there he could not wake. */
function asleep({ namespace }: LabCluster, service: string): Change {
  return {
    name: `${service} asleep`,
    make: [{ args: ['wait', `deployment/${service}`, `--namespace=${namespace}`, NONE, SLEEPS_WITHIN] }],
    unmake: [],
  };
}

async function variables(cluster: LabCluster, env: Readonly<Record<string, string>>): Promise<Change[]> {
  const names = Object.keys(env);
  if (names.length === 0) return [];
  const all = ['set', 'env', ...(await shopDeployments(cluster)), `--namespace=${cluster.namespace}`];
  return [
    {
      name: `the shop with ${names.join(', ')}`,
      make: [{ args: [...all, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)] }],
      unmake: [{ args: [...all, ...names.map((name) => `${name}-`)] }],
    },
  ];
}
