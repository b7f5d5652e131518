import { callerPolicies } from './caller-policies';
import { ejectSickReplica } from './eject-sick-replica';
import { judgeVersions } from './judge-versions';
import { leaveListsFirst } from './leave-lists-first';
import { longCertificates } from './long-certificates';
import { replicasInZones } from './replicas-in-zones';
import { scaleOnArrivals } from './scale-on-arrivals';
import { scaleOnLag } from './scale-on-lag';

/** Every protection of the cluster that a control can take away. */
export const CLUSTER_MITIGATIONS = [
  callerPolicies,
  ejectSickReplica,
  judgeVersions,
  leaveListsFirst,
  longCertificates,
  replicasInZones,
  scaleOnArrivals,
  scaleOnLag,
] as const;

export type ClusterMitigationId = (typeof CLUSTER_MITIGATIONS)[number]['id'];
