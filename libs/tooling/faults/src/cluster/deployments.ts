import type { LabCluster } from './lab-cluster';

/** The shop's own services, as kubectl selects them: no store, and not the edge. */
export const SHOP_DEPLOYMENTS = '--selector=app.kubernetes.io/part-of=stampede';

interface Canaries {
  readonly items: readonly { readonly spec: { readonly targetRef: { readonly name: string } } }[];
}

const CANARIES = 'canaries.flagger.app';

/**
 * As `deployment.apps/orders`. Of a service that Flagger releases the copy that answers: a change of the original
 * would be a release.
 */
export async function shopDeployments(cluster: LabCluster): Promise<readonly string[]> {
  const where = `--namespace=${cluster.namespace}`;
  const found = await cluster.kubectl(['get', 'deployments', where, SHOP_DEPLOYMENTS, '--output=name']);
  const { items = [] } = (await cluster.get<Canaries>([CANARIES, where])) ?? {};
  const released = new Set(items.map(({ spec }) => `deployment.apps/${spec.targetRef.name}`));
  return found
    .split('\n')
    .filter(Boolean)
    .map((name) => (released.has(name) ? `${name}-primary` : name));
}

/** What changes are made of in a service's own container. */
export interface AppContainer {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly lifecycle?: unknown;
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly AppContainer[] } } };
}

/** As it is now; `name` as `shopDeployments` has it. @throws Error where there is none */
export async function appOf(cluster: LabCluster, name: string): Promise<AppContainer> {
  const found = await cluster.get<Deployment>([name, `--namespace=${cluster.namespace}`]);
  const app = found?.spec.template.spec.containers.find((container) => container.name === 'app');
  if (app === undefined) throw new Error(`the cluster has no ${name} with a container app`);
  return app;
}

/** The image that a service runs from, which is on the nodes and has Node. @throws Error where there is no service */
export async function imageOf(cluster: LabCluster, service: string): Promise<string> {
  const found = await cluster.get<Deployment>([`deployment/${service}`, `--namespace=${cluster.namespace}`]);
  const image = found?.spec.template.spec.containers[0]?.image;
  if (image === undefined) throw new Error(`the cluster has no ${service}`);
  return image;
}

/** A container that may do nothing and runs `script`: pods of the shop's namespace must be as restricted as that. */
export function scriptContainer(image: string, script: string): Readonly<Record<string, unknown>> {
  return {
    name: 'app',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['-e', script],
    resources: { requests: { cpu: '5m', memory: '32Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

/** What such a pod has besides. */
export const RESTRICTED_POD = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  terminationGracePeriodSeconds: 1,
  securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
} as const;
