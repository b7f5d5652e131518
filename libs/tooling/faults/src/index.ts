export { poisonMessages, repeatedMessages, type DeliveriesOptions } from './bad-deliveries';
export { ACCESS_EVENTS, accessMatrix } from './cluster/access/access-matrix';
export { SHOP_DEPLOYMENTS, shopDeployments } from './cluster/deployments';
export { asTheyAre, clusterOf, type Change, type Instruction, type LabCluster, type Made } from './cluster/lab-cluster';
export { manifestFault, type ManifestFaultOptions } from './cluster/manifest-fault';
export { CLUSTER_MITIGATIONS, type ClusterMitigationId } from './cluster/mitigations';
export { noControlPlane } from './cluster/no-control-plane';
export { QUEUE_EVENTS, queuedEvents, type QueuedEventsOptions } from './cluster/queued-events';
export { rollingUpdate } from './cluster/rolling-update';
export { drainedNode, lostZone } from './cluster/lost-zone';
export { SICK_EVENT, sickReplica } from './cluster/sick-replica';
export { inTurn, lasting } from './combine';
export type { FaultProxy, Toxics } from './fault-proxy';
export type { Figure } from './figure';
export { holdTable, type HoldTableOptions } from './hold-table';
export {
  blockEventLoop,
  clockOff,
  leakMemory,
  type BlockOptions,
  type ClockOptions,
  type LeakOptions,
} from './inside-process';
export { killEvery, type KillOptions } from './kill';
export { killPostgres } from './kill-postgres';
export type {
  ActiveFault,
  Fault,
  Lab,
  LabPostgres,
  LabServer,
  LabShop,
  LoadSeen,
  MetricWhere,
  ProxiedTarget,
  Seen,
} from './lab';
export { loadItself, moreThanCapacity } from './load-itself';
export { openFaultProxy, type FaultProxyOptions } from './open-fault-proxy';
export { pause, type PauseOptions } from './pause';
export { preload, type PreloadName } from './preload';
export { providerDown, providerLosesAnswers, providerSlow } from './provider';
export { rollingRestart, type RollingRestartOptions } from './rolling-restart';
export { redisFlushed, serverGone, serverRestart } from './server-faults';
export { serverTransactions } from './server-transactions';
export { serverVersion } from './server-version';
export { atMostOnce } from './strikes';
export { statementErrors, type StatementErrorsOptions } from './statement-errors';
export { stopService } from './stop-service';
export { swappedMessages } from './swapped-messages';
export { takeConnections } from './take-connections';
export { toxics, type ToxicsOptions } from './toxics';
