import { join } from 'node:path';
import { kubectl, type Commands } from '@stampede/cluster';
import { OWNER } from './kind-cluster';
import type { ReleaseCluster } from './sight';

const NAMESPACE = '--namespace=stampede';
/** As k8s/base/service.yaml has it; Flagger's own label is taken out. */
const SELECTOR = { app: null, 'app.kubernetes.io/name': 'pricing', 'app.kubernetes.io/part-of': 'stampede' };

/**
 * Ends Flagger's care of pricing: the Deployment itself answers again, with the version that answers now, by the route
 * of istio/routes. No request is lost: the copy goes when nothing is sent to it any more.
 */
export async function handBack(root: string, commands: Commands, cluster: ReleaseCluster): Promise<void> {
  const ask = (...args: string[]) => kubectl(commands, [...args, NAMESPACE]);
  const patch = (what: object) => ['--type=merge', `--patch=${JSON.stringify(what)}`];
  const there = await ask('get', 'canary/pricing', '--ignore-not-found', '--output=name');
  if (there.trim() === '') return;
  await ask('patch', 'canary/pricing', ...patch({ spec: { suspend: true } })); // or it would judge what follows
  await cluster.want(await cluster.version(), false);
  const replicas = await ask('get', 'deployment/pricing-primary', '--output=jsonpath={.spec.replicas}');
  await ask('scale', 'deployment/pricing', `--replicas=${Math.max(1, Number(replicas))}`);
  await ask('rollout', 'status', 'deployment/pricing', '--timeout=180s');
  await ask('patch', 'service/pricing', ...patch({ spec: { selector: SELECTOR } }));
  const route = join(root, 'istio', 'routes', 'pricing.yaml');
  await ask('apply', '--server-side', '--force-conflicts', OWNER, `--filename=${route}`);
  await ask('delete', 'canary/pricing');
  await ask('wait', '--for=delete', 'deployment/pricing-primary', '--timeout=120s');
}
