import { openFaultProxy, type FaultProxy } from '@stampede/faults';
import type { ProcessPlan } from '@stampede/supervisor';
import { PROVIDER, SERVICES, peerUrlsVariable, postgresPort, providerPort, trafficPort } from '@stampede/topology';
import { proxyPort, redisPort } from './lab-ports';

const HOST = '127.0.0.1';

export interface RouteOptions {
  readonly base: number;
  readonly proxied: readonly string[];
  readonly replicas: Readonly<Record<string, number>>;
}

/** The fault proxies of one shop, and who is told their addresses in place of the true ones. */
export class Routes {
  private readonly byTarget = new Map<string, FaultProxy[]>();
  private opened = 0;

  constructor(private readonly options: RouteOptions) {}

  /** @throws Error for a target that there is not */
  async open(): Promise<void> {
    const { base, proxied, replicas } = this.options;
    for (const target of proxied) {
      if (target === 'edge') continue; // the lab puts it before whatever buyers would call
      for (const port of truePorts(target, base, replicas[target] ?? 1)) await this.add(target, port);
    }
  }

  /** One more proxy of a target, to a port of this machine. */
  async add(target: string, port: number): Promise<FaultProxy> {
    const own = proxyPort(this.options.base, this.opened);
    this.opened += 1;
    const proxy = await openFaultProxy({ target: { host: HOST, port }, port: own });
    this.byTarget.set(target, [...(this.byTarget.get(target) ?? []), proxy]);
    return proxy;
  }

  of(target: string): readonly FaultProxy[] {
    const proxies = this.byTarget.get(target);
    if (proxies === undefined) throw new Error(`the claim does not say that ${target} is proxied`);
    return proxies;
  }

  /** The plan of a process whose calls to the targets go through the proxies. */
  reroute(plan: ProcessPlan): ProcessPlan {
    const detours = [...this.byTarget].flatMap(([target, proxies]) => this.detour(plan, target, proxies));
    return { ...plan, env: { ...plan.env, ...Object.fromEntries(detours) } };
  }

  async close(): Promise<void> {
    await Promise.all([...this.byTarget.values()].flat().map((proxy) => proxy.close()));
  }

  private detour(plan: ProcessPlan, target: string, proxies: readonly FaultProxy[]): [string, string][] {
    const { variable, scheme } = DETOURS[target] ?? { variable: peerUrlsVariable(target), scheme: `http://${HOST}` };
    const everybody = target === 'postgres' || target === 'redis'; // in the shop's environment, not in plans
    const concerned = everybody ? plan.service !== PROVIDER.name : variable in plan.env;
    return concerned ? [[variable, proxies.map(({ port }) => `${scheme}:${port}`).join(',')]] : [];
  }
}

/** Targets whose address is no list of a peer's replicas. */
const DETOURS: Readonly<Record<string, { variable: string; scheme: string }>> = {
  [PROVIDER.name]: { variable: 'PROVIDER_URL', scheme: `http://${HOST}` },
  postgres: { variable: 'DATABASE_URL', scheme: `postgres://postgres@${HOST}` },
  redis: { variable: 'REDIS_URL', scheme: `redis://${HOST}` },
};

function truePorts(target: string, base: number, replicas: number): number[] {
  if (target === PROVIDER.name) return [providerPort(base)];
  if (target === 'postgres') return [postgresPort(base)];
  if (target === 'redis') return [redisPort(base)];
  if (SERVICES.every(({ name }) => name !== target)) throw new Error(`nothing called ${target} can be proxied`);
  return Array.from({ length: replicas }, (_, replica) => trafficPort(base, target, replica));
}
