import type { Commands } from './commands';
import type { Mesh, Versions } from './versions';

/** What the name of the cluster, and of its context, is. It stands in k8s/kind/cluster.yaml as well. */
export const CLUSTER = 'stampede';
/** The shop's namespace. */
export const NAMESPACE = 'stampede';
/** Where k8s/kind/cluster.yaml puts the edge on this machine. */
export const ADDRESS = 'http://localhost:8081';

/** Where a cluster is built from, and by what means. */
export interface Site {
  /** The project's folder. */
  readonly root: string;
  readonly versions: Versions;
  readonly mesh: Mesh;
  /** A folder with manifests/ and images.tar, as `cluster bundle` makes it; without it everything is downloaded. */
  readonly sources: string | undefined;
  /** Images of the shop are built again although they are there. */
  readonly rebuild: boolean;
  readonly commands: Commands;
  readonly print: (line: string) => void;
}
