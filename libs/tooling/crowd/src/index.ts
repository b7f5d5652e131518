export { arrivals, expectedArrivals, type ArrivalOptions } from './arrivals';
export { buy, look, type Intent, type Visit } from './buyer';
export { runCrowd, type CrowdOptions, type CrowdResult, type RouteResult } from './crowd';
export { LatencyHistogram } from './latency';
export { seededRandom } from './random';
export { ShopClient, type CallOptions, type Outcome } from './shop-client';
export { readTrace, window, type Trace } from './trace';
