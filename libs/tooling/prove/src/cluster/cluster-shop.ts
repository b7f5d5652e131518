import { setTimeout as delay } from 'node:timers/promises';
import type { AuditReport, Order, StatementEntry } from '@stampede/contracts';
import {
  SHOP_DEPLOYMENTS,
  type LabCluster,
  type LabPostgres,
  type LabServer,
  type MetricWhere,
} from '@stampede/faults';
import { PROVIDER, SERVICES } from '@stampede/topology';
import { request } from 'undici';
import { textAt } from '../lab-metrics';
import type { ShopInLab } from '../world';
import { baseline, newSince } from './audit-baseline';
import { KeptForward, type OpenForward } from './forward';
import { promqlOf } from './prometheus';

export interface ClusterShopParts {
  /** Where buyers call. */
  readonly url: string;
  readonly folder: string;
  readonly cluster: LabCluster;
  readonly forward: OpenForward;
  readonly versions: Readonly<Record<string, string>>;
  /** Takes everything back. */
  close(): Promise<void>;
}

const POLL_MS = 1_000;
const AUDIT_MS = 65_000;
const ANSWER_MS = 5_000;
const ADMIN_PORT = 9090;
const TRAFFIC_PORT = 8080;

/** The shop on a cluster. It is nobody's own: what was there before the run is told apart from what the run did. */
export class ClusterShop implements ShopInLab {
  readonly url: string;
  readonly folder: string;
  readonly cluster: LabCluster;
  tokens = { operator: '', organiser: '' };
  private readonly provider: KeptForward;
  private before: AuditReport | undefined;
  private openedAt = 0;

  constructor(private readonly around: ClusterShopParts) {
    this.url = around.url;
    this.folder = around.folder;
    this.cluster = around.cluster;
    this.provider = new KeptForward(around.forward, {
      namespace: PROVIDER.name,
      target: `deployment/${PROVIDER.name}`,
      port: TRAFFIC_PORT,
    });
  }

  /** Gets the tokens, and sees how things stand. @throws Unavailable where they are too bad to judge a run by */
  async begin(): Promise<void> {
    const gateway = { namespace: this.cluster.namespace, target: 'deployment/gateway', port: ADMIN_PORT };
    const { url, close } = await this.around.forward(gateway);
    try {
      const issue = (role: string) => issueToken(url, role);
      this.tokens = { operator: await issue('operator'), organiser: await issue('organiser') };
    } finally {
      close();
    }
    this.openedAt = Date.now();
    this.before = baseline(await this.readAudit());
  }

  get postgres(): LabPostgres {
    throw new Error('the database of a cluster is not this claim’s to break');
  }

  get redis(): LabServer {
    throw new Error('the Redis of a cluster is not this claim’s to break');
  }

  get kafka(): LabServer {
    throw new Error('the Kafka of a cluster is not this claim’s to break');
  }

  names(service?: string): readonly string[] {
    return SERVICES.map(({ name }) => name).filter((name) => service === undefined || name === service);
  }

  pidOf(): undefined {
    return undefined;
  }

  /** Every pod of a service at once, without a word to them. */
  async kill(name: string): Promise<void> {
    const which = `--selector=app.kubernetes.io/name=${name}`;
    await this.kubectl('delete', 'pods', which, '--grace-period=0', '--force');
  }

  async restart(name: string): Promise<void> {
    await this.kubectl('rollout', 'restart', `deployment/${name}`);
    await this.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=300s');
  }

  async stop(name: string): Promise<void> {
    await this.kubectl('scale', `deployment/${name}`, '--replicas=0');
  }

  async start(name: string): Promise<void> {
    await this.kubectl('scale', `deployment/${name}`, '--replicas=1');
  }

  async ready(timeoutMs: number): Promise<void> {
    for (const deadline = Date.now() + timeoutMs; ; await delay(POLL_MS)) {
      const late = await this.notReady();
      if (late.length === 0) return;
      if (Date.now() > deadline) throw new Error(`not ready: ${late.join(', ')}`);
    }
  }

  metric(name: string, where?: MetricWhere): Promise<number> {
    return this.cluster.query(promqlOf(name, this.cluster.namespace, where));
  }

  proxies(): never {
    throw new Error('a cluster has no fault proxies: its mesh breaks ways by manifests');
  }

  async audit(): Promise<AuditReport | undefined> {
    return newSince(this.before, await this.readAudit());
  }

  async orderOf(orderId: string): Promise<Order | undefined> {
    const { statusCode, body } = await request(`${this.url}/api/v1/orders/${orderId}`, {
      headers: { authorization: `Bearer ${this.tokens.operator}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await body.text();
    if (statusCode === 404) return undefined;
    if (statusCode !== 200) throw new Error(`order ${orderId} cannot be read: ${statusCode}`);
    return JSON.parse(text) as Order;
  }

  async statement(): Promise<readonly StatementEntry[]> {
    const text = await this.provider.use(async (url) => {
      const answer = await textAt(`${url}/statement`, {}, AUDIT_MS);
      if (answer === undefined) throw new Error('the payment provider does not show its statement');
      return answer;
    });
    const { entries } = JSON.parse(text) as { entries: StatementEntry[] };
    return entries.filter(({ at }) => Date.parse(at) >= this.openedAt);
  }

  async versions(): Promise<Readonly<Record<string, string>>> {
    return { node: process.versions.node, ...this.around.versions };
  }

  async close(): Promise<void> {
    await this.provider.close();
    await this.around.close();
  }

  private async notReady(): Promise<string[]> {
    const found = await this.cluster.get<Deployments>([
      ...['deployments', `--namespace=${this.cluster.namespace}`, SHOP_DEPLOYMENTS],
    ]);
    return (found?.items ?? []).filter((one) => !isReady(one)).map(({ metadata }) => metadata.name);
  }

  private async readAudit(): Promise<AuditReport | undefined> {
    const headers = { authorization: `Bearer ${this.tokens.operator}` };
    const text = await textAt(`${this.url}/api/v1/audit`, headers, AUDIT_MS);
    return text === undefined ? undefined : (JSON.parse(text) as AuditReport);
  }

  private kubectl(...args: readonly string[]): Promise<string> {
    return this.cluster.kubectl([...args, `--namespace=${this.cluster.namespace}`]);
  }
}

interface Deployments {
  readonly items: readonly DeploymentState[];
}

/** What tells whether a Deployment is as it should be. */
export interface DeploymentState {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

/** All of it is of today's template and serves, and nothing of an older one is left. */
export function isReady({ metadata, spec, status }: DeploymentState): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status;
  return (
    observedGeneration >= metadata.generation &&
    [replicas, updatedReplicas, readyReplicas].every((count) => count === spec.replicas)
  );
}

/** @throws Error where none is issued */
async function issueToken(adminUrl: string, role: string): Promise<string> {
  const { statusCode, body } = await request(`${adminUrl}/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ role }),
  });
  const text = await body.text();
  if (statusCode < 200 || statusCode > 299)
    throw new Error(`the gateway issues no token of ${role}: ${statusCode} ${text.slice(0, 200)}`);
  return (JSON.parse(text) as { accessToken: string }).accessToken;
}
