import {
  CLUSTER_MITIGATIONS,
  shopDeployments,
  asTheyAre,
  type Change,
  type Instruction,
  type LabCluster,
} from '@stampede/faults';
import { LAB_VARIABLE, OFF_VARIABLE } from '@stampede/topology';
import type { ShopUnderTest } from '../claim';
import type { OpenShopOptions } from '../world';

/** What a claim may want of a shop on a cluster besides. */
export interface ClusterShopUnderTest extends ShopUnderTest {
  /** Thousandths of a core that each pod of a service asks for and gets at the most, by service. */
  readonly cpuMillis?: Readonly<Record<string, number>>;
}

export type ClusterOptions = OpenShopOptions & ClusterShopUnderTest;

/** What a claim, and its control, want of the shop, as changes of the cluster in the order in which they are made. */
export async function conditionsOf(
  cluster: LabCluster,
  { replicas = {}, env = {}, cpuMillis = {}, off }: Pick<ClusterOptions, 'replicas' | 'env' | 'cpuMillis' | 'off'>,
): Promise<Change[]> {
  const taken = CLUSTER_MITIGATIONS.find(({ id }) => id === off);
  const inside = off === undefined || taken !== undefined ? {} : { [LAB_VARIABLE]: '1', [OFF_VARIABLE]: off };
  const scaled = await Promise.all(
    Object.entries(replicas).map(([service, count]) => replicasOf(cluster, service, count)),
  );
  const limited = await Promise.all(
    Object.entries(cpuMillis).map(([service, millis]) => limitedTo(cluster, service, millis)),
  );
  return [
    ...scaled,
    ...limited,
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
async function replicasOf(cluster: LabCluster, named: string, count: number): Promise<Change> {
  const copy = `${named}-primary`; // which answers while Flagger releases it, and has a scaler of its own
  const isReleased = (await shopDeployments(cluster)).includes(`deployment.apps/${copy}`);
  const service = isReleased ? copy : named;
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

interface Deployed {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly App[] };
    };
  };
}
interface App {
  readonly name: string;
  readonly resources?: Resources;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
}
interface Resources {
  readonly requests?: { readonly cpu?: string };
  readonly limits?: { readonly cpu?: string };
}

async function appOf(cluster: LabCluster, service: string): Promise<App | undefined> {
  const found = await cluster.get<Deployed>(['deployment', service, `--namespace=${cluster.namespace}`]);
  return found?.spec.template.spec.containers.find(({ name }) => name === 'app');
}

/** Its own container alone: the mesh's proxy beside it has what it needs. @throws Error where there is no service */
async function limitedTo(cluster: LabCluster, service: string, millis: number): Promise<Change> {
  const where = `--namespace=${cluster.namespace}`;
  const app = await appOf(cluster, service);
  if (app === undefined) throw new Error(`the cluster has no ${service}`);
  const withCpu = (request: string | null, limit: string | null): Instruction => {
    const resources = { requests: { cpu: request }, limits: { cpu: limit } };
    const patch = { spec: { template: { spec: { containers: [{ name: 'app', resources }] } } } };
    return { args: ['patch', 'deployment', service, where, `--patch=${JSON.stringify(patch)}`] };
  };
  const { requests, limits } = app.resources ?? {};
  return {
    name: `${service} with ${millis} thousandths of a core`,
    make: [withCpu(`${millis}m`, `${millis}m`)],
    unmake: [withCpu(requests?.cpu ?? null, limits?.cpu ?? null)],
  };
}

/** What a Deployment had before comes back: a release, for one, says whether it is one of a lab. */
async function variables(cluster: LabCluster, env: Readonly<Record<string, string>>): Promise<Change[]> {
  const names = Object.keys(env);
  if (names.length === 0) return [];
  const set = (which: readonly string[], values: readonly string[]): Instruction => ({
    args: ['set', 'env', ...which, `--namespace=${cluster.namespace}`, ...values],
  });
  const deployments = await shopDeployments(cluster);
  const alike = new Map<string, string[]>();
  for (const deployment of deployments) {
    const before = JSON.stringify(await settingsOf(cluster, deployment, names));
    alike.set(before, [...(alike.get(before) ?? []), deployment]);
  }
  const values = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [
    {
      name: `the shop with ${names.join(', ')}`,
      make: [set(deployments, values)],
      unmake: [...alike].map(([before, which]) => set(which, JSON.parse(before) as string[])),
    },
  ];
}

/** As `set env` brings them back. @throws Error for one that it could not */
async function settingsOf(cluster: LabCluster, deployment: string, names: readonly string[]): Promise<string[]> {
  const { env = [] } = (await appOf(cluster, deployment.slice(deployment.indexOf('/') + 1))) ?? {};
  return names.map((name) => {
    const before = env.find((variable) => variable.name === name);
    if (before?.valueFrom !== undefined)
      throw new Error(`${name} of ${deployment} is no plain value, and is not a claim's to change`);
    return before === undefined ? `${name}-` : `${name}=${before.value ?? ''}`;
  });
}
