import { CLUSTER } from '@stampede/cluster';
import type { Instruction } from '@stampede/faults';

/** What takes changes back, and nothing that runs a program or reads a file of this machine. */
const VERBS = [
  'annotate',
  'apply',
  'delete',
  'patch',
  'replace',
  'rollout status',
  'scale',
  'set env',
  'uncordon',
  'wait',
];
const FLAGS = [
  ...['for', 'force-conflicts', 'grace-period', 'ignore-not-found', 'namespace', 'overwrite', 'patch', 'replicas'],
  ...['selector', 'server-side', 'timeout', 'type', 'wait'],
];
/** Handed over with the instruction, or a manifest of the project: its fault, or what scales. */
const FILE = /^--filename=(-|(istio|k8s)(\/[\w-]+)+\.yaml)$/;
const NODE = new RegExp(`^${CLUSTER}-(control-plane|worker\\d?)$`);

/**
 * Whether an instruction may be carried out though nobody here has given it: notes are kept on the cluster, where
 * others can write them. Docker starts a node of this cluster; kubectl takes back what the lab changes.
 */
export function mayTakeBack({ program, args }: Instruction): boolean {
  if (!args.every((arg) => typeof arg === 'string')) return false;
  if (program === 'docker') return args.length === 2 && args[0] === 'start' && NODE.test(args[1] ?? '');
  const isVerb = VERBS.some((verb) => `${args.join(' ')} `.startsWith(`${verb} `));
  return program === undefined && isVerb && args.every(mayBeSaid);
}

function mayBeSaid(arg: string): boolean {
  if (!arg.startsWith('-')) return true;
  return FILE.test(arg) || FLAGS.some((flag) => arg === `--${flag}` || arg.startsWith(`--${flag}=`));
}
