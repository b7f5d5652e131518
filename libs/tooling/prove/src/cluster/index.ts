/** What claims about scaling name. An entry of its own: on the other one the claims without a cluster rest too. */
export type { ClusterShopUnderTest } from './conditions';
export {
  scaleInLosesNothing,
  secondsToCapacity,
  sloHeld,
  timeOverSlo,
  type AgainstOptions,
  type CapacityOptions,
  type ScaleInOptions,
  type Slo,
} from './elasticity-checks';
