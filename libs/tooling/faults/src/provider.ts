import { PROVIDER } from '@stampede/topology';
import type { Fault } from './lab';
import { stopService } from './stop-service';
import { toxics } from './toxics';

/** The provider does what it is asked and the answer never arrives, for this share of calls. `proxied`. */
export function providerLosesAnswers(ratio: number): Fault {
  return toxics(PROVIDER.name, { resetAfterBytes: 0, ratio });
}

/** Its answers take `ms` longer, for this share of calls. `proxied`. */
export function providerSlow(ms: number, ratio = 1): Fault {
  return toxics(PROVIDER.name, { latencyMs: ms / 2, ratio });
}

/** Nobody listens there. */
export function providerDown(): Fault {
  return stopService(PROVIDER.name);
}
