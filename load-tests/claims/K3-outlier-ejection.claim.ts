import { SICK_EVENT, sickReplica } from '@stampede/faults';
import { STAND_INS, claim, failures, failuresLateInFault, recovers, watchedShare } from '@stampede/prove';

const CALLS = 'istio_requests_total{namespace="stampede",reporter="source",destination_service_name="inventory"';
const ALL = 'calls to inventory';
const SICK = 'calls to inventory answered 5xx';
/** The issue's, from the sick replica's first moment. */
const EJECTED = { since: SICK_EVENT, afterMs: 10_000 };

/** As the callers' proxies count them. */
const sickAnswers = (atMost: number) => watchedShare({ part: SICK, of: ALL, ...EJECTED, atMost, samples: 3 / atMost });

export default claim({
  id: 'K3',
  promise: 'One replica of three that answers 503 to everything is left out of the calls within 10 s.',
  tier: 'cluster',
  leansOn: [STAND_INS.meshMetrics, STAND_INS.edge],
  shop: { replicas: { inventory: 2 } }, // and the sick one
  watch: {
    [ALL]: `sum(${CALLS}})`,
    [SICK]: `sum(${CALLS},response_code=~"5.."})`,
  },
  load: { scenario: 'buy', settings: { ordersPerSecond: 6, pagesPerSecond: 3, follow: 'no', attempts: 1 } },
  steadyState: [failures({ atMost: 0.03 })],
  fault: sickReplica('inventory', { caller: 'gateway' }),
  holds: [
    sickAnswers(0.005),
    failuresLateInFault({ routes: ['hold'], ...EJECTED, atMost: 0.005 }),
    recovers({ withinMs: 20_000 }),
  ],
  control: { off: 'eject-sick-replica', bites: [SICK] },
  forms: {
    quick: {
      ...{ steadyMs: 12_000, faultMs: 60_000, recoveryMs: 20_000, repeat: 1 },
      holds: [sickAnswers(0.02), recovers({ withinMs: 20_000 })],
    },
    // 900 holds after the ejection, of which the sick one costs three when it is tried again after a minute
    full: { steadyMs: 20_000, faultMs: 185_000, recoveryMs: 20_000, repeat: 1 },
  },
});
