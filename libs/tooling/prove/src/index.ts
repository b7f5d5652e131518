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
