import { kubectl, type Commands } from '@stampede/cluster';
import { Refusal } from '@stampede/supervisor';
import { apiServer, type ApiServer } from './api-server';
import { loadManifest } from './load-manifest';
import type { Gate, Point, QuoteLoad, ReleaseCluster, Sight } from './sight';

/** Whose fields these are, for what others apply. */
export const OWNER = '--field-manager=stampede-release';
const NAMESPACE = '/namespaces/stampede';
const CANARY = `/apis/flagger.app/v1beta1${NAMESPACE}/canaries/pricing`;
const DEPLOYMENTS = `/apis/apps/v1${NAMESPACE}/deployments`;
const ROUTE = `/apis/gateway.networking.k8s.io/v1${NAMESPACE}/httproutes/pricing`;
const GATE = '/api/v1/namespaces/flagger-system/services/flagger-loadtester:80/proxy';
const PROMETHEUS = '/api/v1/namespaces/observability/services/prometheus:9090/proxy/api/v1';
const FIRST_VERSION = 'v1';
const PREPARED_WITHIN_MS = 180_000;
const LOOK_AGAIN_MS = 1_000;
const GOING_ON = ['Progressing', 'Waiting', 'WaitingPromotion', 'Promoting', 'Finalising'];

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly Container[] } };
  };
  readonly status: {
    readonly availableReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
  };
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

interface Canary {
  readonly status?: {
    readonly phase?: string;
    readonly iterations?: number;
    readonly failedChecks?: number;
  };
}

interface Route {
  readonly spec: {
    readonly rules: readonly {
      readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
    }[];
  };
}

interface Found {
  readonly data: {
    readonly result: readonly { readonly value?: [number, string]; readonly values?: readonly [number, string][] }[];
  };
}

/** The cluster that `npx stampede cluster up` makes. @throws Refusal where there is none */
export async function kindCluster(root: string, commands: Commands): Promise<ReleaseCluster> {
  const config = await kubectl(commands, ['config', 'view', '--raw', '--minify', '-o', 'json']);
  return clusterOver(root, commands, apiServer(config));
}

/** The same over any way to ask it. */
export function clusterOver(root: string, commands: Commands, ask: ApiServer): ReleaseCluster {
  return new KindCluster(root, commands, ask);
}

class KindCluster implements ReleaseCluster {
  constructor(
    private readonly root: string,
    private readonly commands: Commands,
    private readonly ask: ApiServer,
  ) {}

  async version(): Promise<string> {
    const { containers } = (await this.answering()).spec.template.spec;
    return containers[0]?.env?.find(({ name }) => name === 'PRICING_VERSION')?.value ?? FIRST_VERSION;
  }

  async prepare(manifest: string, signal: AbortSignal): Promise<void> {
    const phase = (await this.find<Canary>(CANARY))?.status?.phase ?? '';
    if (GOING_ON.includes(phase))
      throw new Refusal('another release of pricing goes on: wait for its end, or end it by --hand-back');
    await this.kubectl(['apply', '--server-side', '--force-conflicts', OWNER, '--filename=-'], manifest);
    const until = Date.now() + PREPARED_WITHIN_MS;
    while (!(await this.isPrepared())) {
      signal.throwIfAborted();
      if (Date.now() > until)
        throw new Refusal('Flagger does not take pricing over: `kubectl describe canary pricing -n stampede` says why');
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async want(version: string, lab: boolean): Promise<void> {
    const env = [
      { name: 'PRICING_VERSION', value: version },
      { name: 'STAMPEDE_LAB', value: lab ? '1' : '0' },
    ];
    const metadata = {
      labels: { 'app.kubernetes.io/version': version },
      annotations: { 'stampede/released': new Date().toISOString() }, // the same version again is a release as well
    };
    const template = { metadata, spec: { containers: [{ name: 'app', env }] } };
    const path = `${DEPLOYMENTS}/pricing?fieldManager=stampede-release`;
    await this.must('PATCH', path, { spec: { template } }, 'application/strategic-merge-patch+json');
  }

  async look(): Promise<Sight> {
    const [canary, route, deployment] = await Promise.all([
      this.find<Canary>(CANARY),
      this.find<Route>(ROUTE),
      this.find<Deployment>(`${DEPLOYMENTS}/pricing`),
    ]);
    const { phase = '', iterations = 0, failedChecks = 0 } = canary?.status ?? {};
    const ready = (deployment?.status.availableReplicas ?? 0) > 0;
    return {
      phase,
      iterations,
      failedChecks,
      weight: weightOf(route),
      ready,
      unreadySinceMs: unreadySince(deployment),
    };
  }

  async set(gate: Gate, open: boolean): Promise<void> {
    const of = { name: 'pricing', namespace: 'stampede' };
    await this.must('POST', `${GATE}/${gate}/${open ? 'open' : 'close'}`, of);
  }

  async load(load: QuoteLoad | undefined): Promise<void> {
    const image = (await this.answering()).spec.template.spec.containers[0]?.image ?? '';
    const manifest = loadManifest(this.root, image, load);
    if (load === undefined) {
      await this.kubectl(['delete', '--ignore-not-found', '--wait=false', '--filename=-'], manifest);
      return;
    }
    await this.kubectl(['apply', '--server-side', '--force-conflicts', OWNER, '--filename=-'], manifest);
    await this.kubectl(['rollout', 'status', 'deployment/release-load', '--namespace=stampede', '--timeout=120s']);
  }

  async rehearse(): Promise<void> {
    const signal = ['/nodejs/bin/node', '-e', "process.kill(1, 'SIGUSR2')"];
    await this.kubectl(['exec', 'deployment/release-load', '--namespace=stampede', '-c', 'app', '--', ...signal]);
  }

  async query(promql: string, atMs?: number): Promise<number | null> {
    const time = atMs === undefined ? '' : `&time=${atMs / 1_000}`;
    const found = await this.must('GET', `${PROMETHEUS}/query?query=${encodeURIComponent(promql)}${time}`);
    const value = Number((JSON.parse(found) as Found).data.result[0]?.value?.[1] ?? 'NaN');
    return Number.isFinite(value) ? value : null;
  }

  async series(promql: string, fromMs: number, toMs: number): Promise<readonly Point[]> {
    const range = `start=${fromMs / 1_000}&end=${toMs / 1_000}&step=1`;
    const found = await this.must('GET', `${PROMETHEUS}/query_range?query=${encodeURIComponent(promql)}&${range}`);
    const values = (JSON.parse(found) as Found).data.result[0]?.values ?? [];
    return values
      .map(([atS, value]) => ({ atMs: atS * 1_000, value: Number(value) }))
      .filter(({ value }) => Number.isFinite(value));
  }

  /** The Deployment that buyers are answered by: Flagger's copy, once there is one. @throws Refusal */
  private async answering(): Promise<Deployment> {
    const found =
      (await this.find<Deployment>(`${DEPLOYMENTS}/pricing-primary`)) ??
      (await this.find<Deployment>(`${DEPLOYMENTS}/pricing`));
    if (found === undefined) throw new Refusal('there is no shop on the cluster: `npx stampede cluster up` opens one');
    return found;
  }

  private async isPrepared(): Promise<boolean> {
    const phase = (await this.find<Canary>(CANARY))?.status?.phase ?? '';
    return ['Initialized', 'Succeeded', 'Failed'].includes(phase);
  }

  private async find<T>(path: string): Promise<T | undefined> {
    const { status, text } = await this.ask('GET', path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Refusal(`the cluster answers ${status} to ${path}`);
    return JSON.parse(text) as T;
  }

  private async must(...asked: Parameters<ApiServer>): Promise<string> {
    const { status, text } = await this.ask(...asked);
    if (status >= 300)
      throw new Refusal(`the cluster answers ${status} to ${asked[0]} ${asked[1]}: ${text.slice(0, 200)}`);
    return text;
  }

  private kubectl(args: readonly string[], input?: string): Promise<string> {
    return kubectl(this.commands, args, input);
  }
}

/** The rule with two backends is the one that Flagger moves. */
function weightOf(route: Route | undefined): number {
  const moved = route?.spec.rules.find(({ backendRefs }) => backendRefs?.length === 2);
  return moved?.backendRefs?.find(({ name }) => name === 'pricing-canary')?.weight ?? 0;
}

function unreadySince(deployment: Deployment | undefined): number | undefined {
  const available = deployment?.status.conditions?.find(({ type }) => type === 'Available');
  const wanted = (deployment?.spec.replicas ?? 0) > 0;
  return wanted && available?.status === 'False' ? Date.parse(available.lastTransitionTime) : undefined;
}
