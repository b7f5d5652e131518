import { Refusal } from '@stampede/supervisor';
import type { Commands } from './commands';
import { isAtLeast, type Versions } from './versions';

/** What is left of this machine for a cluster. */
export interface Resources {
  readonly cpus: number;
  /** What can be had without swapping. */
  readonly memoryAvailableBytes: number;
}

type Tool = keyof Versions['tools'];

const GIB = 2 ** 30;
/** What four nodes, Istio with a sidecar for each pod, the platform and one replica of everything must fit into. */
const MEMORY_NEEDED_BYTES = 8 * GIB;
const CPUS_ADVISED = 4;

const askVersion: Readonly<Record<Tool, readonly string[]>> = {
  docker: ['version', '--format', '{{.Server.Version}}'],
  kind: ['version'],
  kubectl: ['version', '--client', '--output=json'],
  istioctl: ['version', '--remote=false'],
};

const howToGet: Readonly<Record<Tool, string>> = {
  docker: 'https://docs.docker.com/get-docker/, then start it',
  kind: '`go install sigs.k8s.io/kind@v{version}` or https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
  kubectl: 'https://kubernetes.io/docs/tasks/tools/',
  istioctl: 'https://istio.io/latest/docs/setup/additional-setup/download-istio-release/, version {version}',
};

/**
 * Names everything that a cluster would miss here, at once and with where to get it; prints what is merely slow.
 * @throws Refusal when something is missing
 */
export async function checkMachine(
  commands: Commands,
  { tools }: Versions,
  resources: Resources,
  print: (line: string) => void,
): Promise<void> {
  const names = Object.keys(tools) as Tool[];
  const complaints = await Promise.all(names.map((tool) => toolComplaint(commands, tool, tools[tool])));
  const missing = [...complaints, memoryComplaint(resources)].filter((line) => line !== undefined);
  if (missing.length > 0) throw new Refusal(`a cluster cannot start here:\n  ${missing.join('\n  ')}`);
  if (resources.cpus < CPUS_ADVISED)
    print(`${resources.cpus} CPUs: it works, but ${CPUS_ADVISED} are advised; everything takes longer`);
}

async function toolComplaint(commands: Commands, tool: Tool, least: string): Promise<string | undefined> {
  const { code, stdout } = await commands(tool, askVersion[tool]);
  const found = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  const get = howToGet[tool].replace('{version}', least);
  if (code !== 0 || found === undefined) return `${tool} is missing or does not answer: ${get}`;
  return isAtLeast(found, least) ? undefined : `${tool} is ${found}, ${least} or newer is needed: ${get}`;
}

function memoryComplaint({ memoryAvailableBytes }: Resources): string | undefined {
  if (memoryAvailableBytes >= MEMORY_NEEDED_BYTES) return undefined;
  const [has, needs] = [memoryAvailableBytes / GIB, MEMORY_NEEDED_BYTES / GIB];
  return `${has.toFixed(1)} GiB of memory are available, ${needs} are needed: close something, or give Docker more`;
}
