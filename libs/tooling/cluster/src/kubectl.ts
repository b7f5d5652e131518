import { mustRun, type Commands } from './commands';
import { CLUSTER } from './site';

const CONTEXT = ['--context', `kind-${CLUSTER}`];

/** What kubectl prints, always of this cluster, whatever the user's context is. @throws Refusal */
export function kubectl(commands: Commands, args: readonly string[], input?: string): Promise<string> {
  return mustRun(commands, 'kubectl', [...CONTEXT, ...args], input === undefined ? {} : { input });
}

/** An object of the cluster as JSON; undefined where there is none, or no cluster. */
export async function find<T>(commands: Commands, args: readonly string[]): Promise<T | undefined> {
  const { code, stdout } = await commands('kubectl', [
    ...CONTEXT,
    'get',
    ...args,
    '--output=json',
    '--ignore-not-found',
  ]);
  return code !== 0 || stdout.trim() === '' ? undefined : (JSON.parse(stdout) as T);
}

/**
 * Applies a manifest's text; fields that others have changed since are taken back. What another `owner` has set of the
 * same object stays.
 */
export async function applyText(commands: Commands, text: string, owner = 'kubectl'): Promise<void> {
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${owner}`];
  await kubectl(commands, ['apply', ...flags, '--filename=-'], text);
}

/** Applies a folder with a kustomization. */
export async function applyFolder(commands: Commands, folder: string): Promise<void> {
  await kubectl(commands, ['apply', '--server-side', '--force-conflicts', `--kustomize=${folder}`]);
}

interface Workload {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status: { readonly readyReplicas?: number };
}

/** Whether a Deployment runs, from this image. */
export async function runs(commands: Commands, namespace: string, name: string, image: string): Promise<boolean> {
  const found = await find<Workload>(commands, [`deployment/${name}`, `--namespace=${namespace}`]);
  const images = found?.spec.template.spec.containers.map((container) => container.image) ?? [];
  return (found?.status.readyReplicas ?? 0) > 0 && images.some((running) => running.endsWith(image));
}

/** Until every Deployment of a namespace runs as it was last asked to. @throws Refusal after `timeoutS` seconds */
export async function untilRolledOut(commands: Commands, namespace: string, timeoutS: number): Promise<void> {
  const timeout = `--timeout=${timeoutS}s`; // of each; they start at the same time
  await kubectl(commands, ['rollout', 'status', 'deployment', `--namespace=${namespace}`, timeout]);
}
