export { handBack } from './hand-back';
export type {
  Breach,
  Compared,
  Measured,
  ReleaseEvent,
  ReleaseRecord,
  ReleaseSample,
  ReleaseVerdict,
  ReleaseWish,
  Strategy,
} from './record';
export { kindCluster } from './kind-cluster';
export { keepRelease, releasePage } from './report';
export { releasesRuled, type RulingOptions } from './release-checks';
export { RELEASED_EVENT, releases, type ReleasesOptions } from './releases-fault';
export { release, type ReleaseSurroundings } from './release';
export type { Gate, Point, QuoteLoad, ReleaseCluster, Sight } from './sight';
