/** What claims of a cluster name. An entry of its own: on the other one the claims without a cluster rest too. */
export { RISE_EVENTS, crowdRises, type CrowdRisesOptions, type RiseShape } from './crowd-rises';
export { MATCH_DAY_RISE } from './match-day-rise';
export type { Scaling } from './scaling';
export { sickService } from './sick-service';
