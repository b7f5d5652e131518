import type { Change, LabCluster } from './lab-cluster';

/** A protection that a cluster gives, which the control of a claim takes away for the length of a run. */
export interface ClusterMitigation<Id extends string = string> {
  readonly id: Id;
  /** One sentence: what happens because of it. */
  readonly protects: string;
  /** Claims whose control it is. */
  readonly claims: readonly string[];
  /** Manifests that state it, from the project's root: a verdict on others is stale. */
  readonly files: readonly string[];
  /** How it is taken away; what brings it back is read from the cluster as it is. */
  without(cluster: LabCluster): Promise<Change>;
}

/** Named as plain text in its first argument, so that a claim's definition finds the file. */
export function clusterMitigation<const Id extends string>(
  id: Id,
  rest: Omit<ClusterMitigation<Id>, 'id'>,
): ClusterMitigation<Id> {
  return { id, ...rest };
}
