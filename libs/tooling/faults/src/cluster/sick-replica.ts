import type { Fault } from '../lab';
import { RESTRICTED_POD, imageOf, scriptContainer } from './deployments';
import { clusterOf, type LabCluster } from './lab-cluster';

/** The line in a run's journal that tells from when on it is one of the replicas. */
export const SICK_EVENT = 'a sick replica is ready';

const PROBLEM = { 'content-type': 'application/problem+json' };

/** Its probes say that all is well, and every request gets 503: what no probe notices. */
const sick = (headers: string): string => `
const { createServer } = require('node:http');
createServer((_, answer) => answer.writeHead(200).end()).listen(9090);
createServer((request, answer) => {
  request.resume();
  answer.writeHead(503, ${headers}).end('{"code":"internal","status":503}');
}).listen(8080);
process.once('SIGTERM', () => process.exit(0));
`;

/** As many answers as cost a replica its place: istio/resilience. */
const LEAST_ANSWERS = 3;

/**
 * One more replica of a service, with its name and its certificate, which is sick. Its own ones stay as they are. It
 * is on a node of `caller`, who looks in his own zone first and would else never ask it.
 */
export function sickReplica(service: string, { caller }: { readonly caller: string }): Fault {
  const pod = `${service}-sick`;
  return {
    name: `a replica of ${service} that answers 503 to everything, and says that it is ready`,
    async start(lab) {
      const cluster = clusterOf(lab);
      const where = `--namespace=${cluster.namespace}`;
      const node = await nodeOf(cluster, caller);
      const manifest = sickPod({ name: pod, service, image: await imageOf(cluster, service), node }, cluster.namespace);
      const before = await cluster.query(answersOf(cluster, service));
      const { undo } = await cluster.change({
        name: `a sick replica of ${service}`,
        make: [
          { args: ['create', '--filename=-'], input: JSON.stringify(manifest) },
          { args: ['wait', '--for=condition=Ready', `pod/${pod}`, where, '--timeout=120s'] },
        ],
        unmake: [{ args: ['delete', 'pod', pod, where, '--ignore-not-found', '--grace-period=1'] }],
      });
      lab.record(SICK_EVENT, { pod, node });
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

/** PromQL of the 503s that callers of a service got. */
export function answersOf(cluster: LabCluster, service: string): string {
  const labels = `reporter="source",destination_service_name="${service}",response_code="503"`;
  return `sum(istio_requests_total{namespace="${cluster.namespace}",${labels}})`;
}

export interface Sick {
  readonly name: string;
  readonly service: string;
  readonly image: string;
  /** Default: wherever there is place. */
  readonly node?: string;
  /** Of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Beside those of every replica. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** @throws Error where no pod of it runs */
async function nodeOf(cluster: LabCluster, service: string): Promise<string> {
  const which = [`--selector=app.kubernetes.io/name=${service}`, '--field-selector=status.phase=Running'];
  const where = [`--namespace=${cluster.namespace}`, '--output=jsonpath={.items[*].spec.nodeName}'];
  const [node] = (await cluster.kubectl(['get', 'pods', ...which, ...where])).trim().split(' ');
  if (node === undefined || node === '') throw new Error(`no pod of ${service} runs`);
  return node;
}

/** What the Service, the policies and the mesh go by is a replica's; what the Deployment goes by is not. */
export function sickPod({ name, service, image, node, headers = {}, labels: own }: Sick, namespace: string): unknown {
  const labels = { ...own, 'app.kubernetes.io/name': service, 'app.kubernetes.io/part-of': 'stampede' };
  const readinessProbe = { httpGet: { path: '/readyz', port: 9090 }, periodSeconds: 1 };
  const ports = [{ name: 'http', containerPort: 8080 }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      ...RESTRICTED_POD,
      serviceAccountName: service,
      terminationGracePeriodSeconds: 10, // its proxy is read until then
      ...(node === undefined ? {} : { nodeSelector: { 'kubernetes.io/hostname': node } }),
      containers: [
        { ...scriptContainer(image, sick(JSON.stringify({ ...PROBLEM, ...headers }))), ports, readinessProbe },
      ],
    },
  };
}
