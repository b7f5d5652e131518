export * from './checks';
export {
  claim,
  type Claim,
  type Form,
  type Load,
  type Part,
  type ShopUnderTest,
  type Tier,
  type Timing,
} from './claim';
export type { Call, Check, Judgement, K6Metric, K6Summary, Observations, Phase, SeenByBuyer } from './check';
export type { CheckResult, Journal, Machine, RunEvent, RunOutcome, RunRecord, RunSeries, Verdict } from './journal';
export { sendCrowdByK6, type K6CrowdOptions } from './k6-crowd';
export { dueClaims, type DueClaim } from './due';
export { loadClaims, type StatedClaim } from './load-claims';
export { prove, type ProveOptions } from './prove';
export { accessAsDeclared, linesNoticed } from './cluster/access-checks';
export { amplification, failuresLateInFault, grows, watchedShare } from './cluster/mesh-checks';
export { fromNoneAndBack, queueDrained } from './cluster/queue-checks';
export { STAND_INS } from './cluster/stand-ins';
export { clusterWorld } from './cluster/cluster-world';
export { realWorld } from './real-world';
export * from './report';
export { verdictTable } from './verdict-table';
export { keepProof, proofFolder } from './kept-proof';
