import type { Lab } from '../lab';

/** What kubectl is told, without its own name and context; or docker, whose containers the nodes are. */
export interface Instruction {
  /** Default: kubectl. */
  readonly program?: 'docker';
  readonly args: readonly string[];
  /** For its standard input: a manifest. */
  readonly input?: string;
}

/** Something that is done to the cluster, and what takes it back. */
export interface Change {
  /** For people: "istiod has no replica". */
  readonly name: string;
  readonly make: readonly Instruction[];
  /** Known before anything is made, and without harm where nothing was. */
  readonly unmake: readonly Instruction[];
}

/** A change that was made. */
export interface Made {
  /** Takes it back, once; may be called again. */
  undo(): Promise<void>;
}

/** The cluster under a shop, as faults reach it. */
export interface LabCluster {
  /** The project's folder, whose manifests made it. */
  readonly root: string;
  /** Where the shop is. */
  readonly namespace: string;
  /** What kubectl prints. @throws Error with its last words */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** An object, or a list of them; undefined where there is none. */
  get<T>(args: readonly string[]): Promise<T | undefined>;
  /**
   * Does it, after its opposite was written down on the cluster itself: whoever comes next undoes what a run that was
   * killed has left behind.
   */
  change(change: Change): Promise<Made>;
  /** PromQL; a sum over nothing is 0. @throws Error where Prometheus does not answer */
  query(promql: string): Promise<number>;
}

/** @throws Error for a shop of processes */
export function clusterOf({ shop }: Pick<Lab, 'shop'>): LabCluster {
  if (shop.cluster === undefined) throw new Error('this fault is one of a cluster: its claim says tier cluster');
  return shop.cluster;
}

interface Kept {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** Set by the server, and refused or meaningless in a manifest. */
const OF_THE_SERVER = ['resourceVersion', 'uid', 'creationTimestamp', 'managedFields', 'generation', 'ownerReferences'];

/** Objects as they are now, each as a manifest that brings it back. @throws Error where one is missing */
export async function asTheyAre(
  cluster: LabCluster,
  args: readonly string[],
  namespace = cluster.namespace,
): Promise<readonly string[]> {
  const found = await cluster.get<{ readonly items?: readonly Kept[] } & Kept>([...args, `--namespace=${namespace}`]);
  if (found === undefined) throw new Error(`the cluster has no ${args.join(' ')}`);
  return (found.items ?? [found]).map(({ status: _status, ...object }) => {
    const metadata = Object.entries(object.metadata).filter(([field]) => !OF_THE_SERVER.includes(field));
    return JSON.stringify({ ...object, metadata: Object.fromEntries(metadata) });
  });
}
