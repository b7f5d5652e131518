import { STAND_INS, claim, everyOrderEnded, failures, recovers } from '@stampede/prove';
import { releases, releasesRuled } from '@stampede/release';

const BAD = ['v2-cent', 'v2-errors', 'v2-late', 'v2-leak', 'v2-slow-start', 'v2-crash'];
const RULES = { rollbackMs: 30_000, exposure: 0.02 };

export default claim({
  id: 'K2',
  promise:
    'A good version of pricing is promoted and each of six bad ones goes back within 30 s, and no order is lost.',
  tier: 'cluster',
  leansOn: [STAND_INS.meshMetrics, STAND_INS.edge],
  load: { scenario: 'buy', settings: { ordersPerSecond: 1, pagesPerSecond: 3, follow: 'no' } },
  steadyState: [failures({ atMost: 0.1 })],
  fault: releases({ versions: ['good', ...BAD], requestsPerSecond: 100 }),
  holds: [releasesRuled({ of: 1 + BAD.length, ...RULES }), everyOrderEnded(), recovers({ withinMs: 60_000 })],
  control: { off: 'judge-versions', bites: ['not ruled'] },
  forms: {
    quick: {
      ...{ steadyMs: 12_000, faultMs: 510_000, recoveryMs: 60_000, repeat: 1 },
      holds: [releasesRuled({ of: 2, ...RULES }), everyOrderEnded(), recovers({ withinMs: 60_000 })],
    },
    full: { steadyMs: 15_000, faultMs: 1_800_000, recoveryMs: 60_000, repeat: 1 },
  },
});
