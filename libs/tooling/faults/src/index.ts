export type { FaultProxy, Toxics } from './fault-proxy';
export type { ActiveFault, Fault, Lab, LabPostgres, LabServer, LabShop, MetricWhere, ProxiedTarget, Seen } from './lab';
export { openFaultProxy, type FaultProxyOptions } from './open-fault-proxy';
export { serverVersion } from './server-version';
