import { accessMatrix } from '@stampede/faults';
import { STAND_INS, accessAsDeclared, claim, failures, linesNoticed } from '@stampede/prove';

export default claim({
  id: 'K4',
  promise:
    'Nobody on the cluster can ask anybody for anything but what the call graph declares, with the mesh or without.',
  tier: 'cluster',
  leansOn: [STAND_INS.network, STAND_INS.edge],
  shop: { replicas: { notifications: 1, billing: 1 } }, // who sleeps at zero could not refuse
  load: { scenario: 'browse', settings: { pagesPerSecond: 4, listsPerSecond: 1 } },
  steadyState: [failures({ atMost: 0.05 })],
  fault: accessMatrix(),
  holds: [accessAsDeclared(), linesNoticed()],
  control: { off: 'caller-policies', bites: ['not as declared'] },
  forms: {
    quick: {
      ...{ steadyMs: 15_000, faultMs: 180_000, recoveryMs: 5_000, repeat: 1 },
      holds: [accessAsDeclared(), linesNoticed({ atLeast: 6 })],
    },
    full: { steadyMs: 15_000, faultMs: 480_000, recoveryMs: 10_000, repeat: 1 },
  },
});
