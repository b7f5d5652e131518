import { join } from 'node:path';
import {
  MAX_REPLICAS,
  PROVIDER,
  SERVICES,
  adminPort,
  environmentPrefix,
  peerUrlsVariable,
  portBase,
  postgresPort,
  providerAdminPort,
  providerPort,
  trafficPort,
  type Service,
} from '@stampede/topology';
import { Refusal } from './refusal';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How many processes of each service to run; a service that is not named runs once. */
export type Replicas = Readonly<Record<string, number>>;

/** One address that a process listens on, and who is named when somebody else holds it. */
export interface Endpoint {
  readonly owner: string;
  readonly port: number;
}

/** Everything there is to know about one operating-system process before it starts. */
export interface ProcessPlan {
  /** The service's name, with `-1`, `-2` and so on for further replicas. */
  readonly name: string;
  readonly service: string;
  readonly replica: number;
  /** The compiled entry points it runs: one, or all of them with `--single-process`. */
  readonly scripts: readonly string[];
  /** Arguments for Node itself, before the script; default none. */
  readonly nodeArguments?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  readonly adminUrls: readonly string[];
  readonly endpoints: readonly Endpoint[];
  /** Stopped in rising order: a caller always before those it calls. */
  readonly stopWave: number;
}

export interface ShopPlan {
  readonly processes: readonly ProcessPlan[];
  /** Names of the databases that must exist. */
  readonly databases: readonly string[];
  readonly storefrontUrl: string;
  readonly gatewayAdminUrl: string;
  readonly postgresPort: number;
}

const PROVIDER_WAVE = 100; // after every service, whatever the depth of the call graph

/** `inventory=3,orders=2` as numbers. @throws Refusal for an unknown service or a count outside 1..10. */
export function parseReplicas(text: string): Replicas {
  const pairs = text.split(',').filter((part) => part.trim() !== '');
  return Object.assign({}, ...pairs.map((pair) => replicasOf(...split(pair)))) as Replicas;
}

/** @throws Refusal for an unknown service, and outside 1..10: the port map has no more places. */
export function replicasOf(service: string, count: number): Replicas {
  const known = SERVICES.map(({ name }) => name);
  if (!known.includes(service)) throw new Refusal(`no service is called "${service}": there are ${known.join(', ')}`);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_REPLICAS) return { [service]: count };
  throw new Refusal(`${service} can have 1 to ${MAX_REPLICAS} replicas on one machine`);
}

function split(pair: string): [service: string, count: number] {
  const [service = '', count = ''] = pair.split('=').map((part) => part.trim());
  return [service, Number(count)];
}

/** Every process of the shop with its ports, addresses and environment. The same input gives the same plan. */
export function planShop(root: string, env: Environment, replicas: Replicas, dataFolder: string): ShopPlan {
  const base = portBase(env);
  const planned = SERVICES.toReversed().flatMap((service) =>
    numbers(replicas[service.name] ?? 1).map((replica) => planService(service, replica, { root, base, replicas })),
  );
  return {
    processes: [planProvider(root, base, dataFolder), ...planned],
    databases: [...SERVICES.filter((service) => service.database).map((service) => service.name), 'bus'],
    storefrontUrl: `http://localhost:${trafficPort(base, 'gateway')}`,
    gatewayAdminUrl: local(adminPort(base, 'gateway')),
    postgresPort: postgresPort(base),
  };
}

/** All services in one process, for small machines; the provider stays outside, as it is another company. */
export function inOneProcess(plan: ShopPlan): ShopPlan {
  const [provider, ...services] = plan.processes;
  const gateway = services.at(-1);
  if (provider === undefined || gateway === undefined) throw new Error('a plan has a provider and a gateway');
  const shop: ProcessPlan = {
    ...gateway,
    name: 'shop',
    service: 'shop',
    scripts: services.flatMap((service) => service.scripts),
    env: Object.assign({}, ...services.map((service) => service.env)) as Record<string, string>,
    adminUrls: services.flatMap((service) => service.adminUrls),
    endpoints: services.flatMap((service) => service.endpoints),
  };
  return { ...plan, processes: [provider, shop] };
}

/** The processes of these services and the provider. Databases are all there: a test may look at any. */
export function partOf(plan: ShopPlan, services: readonly string[]): ShopPlan {
  const wanted = [PROVIDER.name, ...services];
  return { ...plan, processes: plan.processes.filter(({ service }) => wanted.includes(service)) };
}

function planService(
  service: Service,
  replica: number,
  { root, base, replicas }: { root: string; base: number; replicas: Replicas },
): ProcessPlan {
  const name = replica === 0 ? service.name : `${service.name}-${replica}`;
  const prefix = environmentPrefix(service.name);
  const port = trafficPort(base, service.name, replica);
  const admin = adminPort(base, service.name, replica);
  const peers = service.calls.map((peer) => [
    peerUrlsVariable(peer),
    numbers(replicas[peer] ?? 1)
      .map((peerReplica) => local(trafficPort(base, peer, peerReplica)))
      .join(','),
  ]);
  return {
    name,
    service: service.name,
    replica,
    scripts: [entryPoint(root, service.folder)],
    env: {
      [`${prefix}_PORT`]: String(port),
      [`${prefix}_ADMIN_PORT`]: String(admin),
      STAMPEDE_REPLICA: String(replica),
      ...(Object.fromEntries(peers) as Record<string, string>),
      ...(service.provider ? { PROVIDER_URL: local(providerPort(base)) } : {}),
    },
    url: local(port),
    adminUrls: [local(admin)],
    endpoints: [
      { owner: name, port },
      { owner: `the probes of ${name}`, port: admin },
    ],
    stopWave: depthBelowEdge(service.name),
  };
}

function planProvider(root: string, base: number, dataFolder: string): ProcessPlan {
  const { name, folder } = PROVIDER;
  const prefix = environmentPrefix(name);
  const port = providerPort(base);
  const admin = providerAdminPort(base);
  return {
    name,
    service: name,
    replica: 0,
    scripts: [entryPoint(root, folder)],
    env: {
      [`${prefix}_PORT`]: String(port),
      [`${prefix}_ADMIN_PORT`]: String(admin),
      [`${prefix}_LEDGER`]: join(dataFolder, `${name}.ledger`),
      STAMPEDE_REPLICA: '0',
    },
    url: local(port),
    adminUrls: [local(admin)],
    endpoints: [
      { owner: 'the payment provider', port },
      { owner: 'the probes of the payment provider', port: admin },
    ],
    stopWave: PROVIDER_WAVE,
  };
}

/** Longest chain of callers above a service: 0 for the gateway, 1 for those that only events reach. */
function depthBelowEdge(name: string): number {
  if (name === 'gateway') return 0;
  const callers = SERVICES.filter((service) => service.calls.includes(name));
  return 1 + Math.max(0, ...callers.map((caller) => depthBelowEdge(caller.name)));
}

function entryPoint(root: string, folder: string): string {
  return join(root, folder, 'dist', 'main.js');
}

function local(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
