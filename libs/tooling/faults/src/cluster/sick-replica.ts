import type { Fault } from '../lab';
import { RESTRICTED_POD, imageOf, scriptContainer } from './deployments';
import { clusterOf, type LabCluster } from './lab-cluster';

/** The line in a run's journal that tells from when on it is one of the replicas. */
export const SICK_EVENT = 'a sick replica is ready';

/** Its probes say that all is well, and every request gets 503: what no probe notices. */
const SICK = `
const { createServer } = require('node:http');
createServer((_, answer) => answer.writeHead(200).end()).listen(9090);
createServer((request, answer) => {
  request.resume();
  answer.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"code":"internal","status":503}');
}).listen(8080);
process.once('SIGTERM', () => process.exit(0));
`;

/** One more replica of a service, with its name and its certificate, which is sick. Its own ones stay as they are. */
export function sickReplica(service: string): Fault {
  const pod = `${service}-sick`;
  return {
    name: `a replica of ${service} that answers 503 to everything, and says that it is ready`,
    async start(lab) {
      const cluster = clusterOf(lab);
      const where = `--namespace=${cluster.namespace}`;
      const manifest = sickPod(pod, service, await imageOf(cluster, service), cluster.namespace);
      const before = await cluster.query(answersOf(cluster, service));
      const { undo } = await cluster.change({
        name: `a sick replica of ${service}`,
        make: [
          { args: ['create', '--filename=-'], input: JSON.stringify(manifest) },
          { args: ['wait', '--for=condition=Ready', `pod/${pod}`, where, '--timeout=120s'] },
        ],
        unmake: [{ args: ['delete', 'pod', pod, where, '--ignore-not-found', '--grace-period=1'] }],
      });
      lab.record(SICK_EVENT, { pod });
      return {
        undo,
        seen: async () => ({
          metric: `calls to ${service} that were answered 503`,
          value: Math.round((await cluster.query(answersOf(cluster, service))) - before),
          least: 5,
        }),
      };
    },
  };
}

function answersOf(cluster: LabCluster, service: string): string {
  const labels = `reporter="source",destination_service_name="${service}",response_code="503"`;
  return `sum(istio_requests_total{namespace="${cluster.namespace}",${labels}})`;
}

/** What the Service, the policies and the mesh go by is a replica's; what the Deployment goes by is not. */
function sickPod(name: string, service: string, image: string, namespace: string): unknown {
  const labels = { 'app.kubernetes.io/name': service, 'app.kubernetes.io/part-of': 'stampede' };
  const readinessProbe = { httpGet: { path: '/readyz', port: 9090 }, periodSeconds: 1 };
  const ports = [{ name: 'http', containerPort: 8080 }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      ...RESTRICTED_POD,
      serviceAccountName: service,
      containers: [{ ...scriptContainer(image, SICK), ports, readinessProbe }],
    },
  };
}
