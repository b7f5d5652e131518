import { join } from 'node:path';
import { applyFolder, applyText, kubectl, runs, untilRolledOut } from './kubectl';
import { manifest } from './manifests';
import type { Site } from './site';
import { eachTime, together, type Step } from './step';

const AVAILABLE_WITHIN_S = 240;
const PROMETHEUS = 'http://prometheus.observability:9090';

/** What scales, measures and releases. */
export function platform(site: Site): Step {
  return together('metrics-server, Prometheus, KEDA, Flagger', [
    metricsServer(site),
    prometheus(site),
    keda(site),
    flagger(site),
  ]);
}

function metricsServer(site: Site): Step {
  const image = imageNamed(site, 'metrics-server');
  return {
    name: 'metrics-server',
    isDone: () => runs(site.commands, 'kube-system', 'metrics-server', image),
    run: async () => {
      // kind's kubelets have certificates of their own making
      const text = (await manifest(site, 'metrics-server')).replace(
        /^( *)- --metric-resolution=.*$/m,
        '$&\n$1- --kubelet-insecure-tls',
      );
      await applyText(site.commands, text);
      const wait = ['rollout', 'status', 'deployment/metrics-server', '--namespace=kube-system'];
      await kubectl(site.commands, [...wait, `--timeout=${AVAILABLE_WITHIN_S}s`]);
    },
  };
}

function prometheus({ commands }: Site): Step {
  return {
    name: 'Prometheus',
    isDone: eachTime,
    run: async () => {
      await applyFolder(commands, join('k8s', 'observability'));
      await untilRolledOut(commands, 'observability', AVAILABLE_WITHIN_S);
    },
  };
}

function keda(site: Site): Step {
  return {
    name: 'KEDA',
    isDone: () => runs(site.commands, 'keda', 'keda-operator', imageNamed(site, 'keda')),
    run: async () => {
      // measured 84 MB at most, and hardly any CPU: upstream asks for 100m, three times
      await applyText(site.commands, (await manifest(site, 'keda')).replaceAll('cpu: 100m', 'cpu: 10m'));
      await untilRolledOut(site.commands, 'keda', AVAILABLE_WITHIN_S);
    },
  };
}

function flagger(site: Site): Step {
  const { commands } = site;
  const args = ['-log-level=info', '-mesh-provider=gatewayapi:v1', `-metrics-server=${PROMETHEUS}`];
  return {
    name: 'Flagger',
    isDone: () => runs(commands, 'flagger-system', 'flagger', imageNamed(site, 'flagger')),
    run: async () => {
      await applyText(commands, '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"flagger-system"}}');
      await applyText(commands, await manifest(site, 'flagger'));
      const patch = JSON.stringify({ spec: { template: { spec: { containers: [{ name: 'flagger', args }] } } } });
      await kubectl(commands, ['patch', 'deployment/flagger', '--namespace=flagger-system', `--patch=${patch}`]);
      await kubectl(commands, [
        'apply',
        '--server-side',
        '--force-conflicts',
        `--filename=${join('k8s', 'release', 'gate.yaml')}`,
      ]);
      await untilRolledOut(commands, 'flagger-system', AVAILABLE_WITHIN_S);
    },
  };
}

/** The name and tag of a platform's image, without its registry. */
function imageNamed({ versions }: Site, name: string): string {
  const image = versions.images.platform.find((candidate) => candidate.includes(`/${name}:`));
  if (image === undefined) throw new Error(`k8s/versions.yaml has no image ${name}`);
  return image.slice(image.lastIndexOf('/'));
}
