export { CALL_GRAPH, callsFrom, callsTo, type Calls } from './call-graph';
export { PROVIDER, SERVICES, serviceNamed, type Service, type ServiceName } from './services';
export {
  DEFAULT_PORT_BASE,
  MAX_REPLICAS,
  adminPort,
  portBase,
  postgresPort,
  providerAdminPort,
  providerPort,
  trafficPort,
} from './ports';
export { environmentPrefix, peerUrlsVariable } from './environment';
export {
  LAB_VARIABLE,
  MITIGATIONS,
  OFF_VARIABLE,
  mitigated,
  mitigationComplaint,
  type Mitigation,
  type MitigationId,
} from './mitigations';
export { PRICING_VERSIONS, type PricingVersion, type PricingVersionName } from './pricing-versions';
