import { mitigated } from '@stampede/topology';
import type { Environment } from './config';
import type { AdapterOptions } from './http-adapter';
import type { GuardOptions } from './peer-guard';

type Admission = Pick<AdapterOptions, 'admit' | 'door'>;

/** What keeps a storm of retries from feeding itself, on the side of who calls and of who is called. */
export interface StormBrakes {
  readonly calls: (options: GuardOptions) => GuardOptions;
  readonly admission: (sheds: Admission) => Admission;
}

/** Each of the brakes ends a storm by itself, so a lab takes them off together. */
export function stormBrakes(env: Environment): StormBrakes {
  return mitigated('storm-brakes', ON, OFF, env);
}

const ON: StormBrakes = { calls: (options) => options, admission: (sheds) => sheds };
const OFF: StormBrakes = { calls: (options) => retryAtWill(withoutBounds(options)), admission: () => ADMIT_ALL };

export const ADMIT_ALL: Admission = { admit: () => undefined };

const NO_BOUND_PER_SECOND = 1_000_000;

/** Whatever fails is tried again, three attempts in all, however many fail at the same time. */
export function retryAtWill({ retry, ...options }: GuardOptions): GuardOptions {
  return { ...options, ...(retry && { retry: { ...retry, ratio: 1, floorPerSecond: NO_BOUND_PER_SECOND } }) };
}

function withoutBounds({ breaker: _breaker, bulkhead: _bulkhead, ...options }: GuardOptions): GuardOptions {
  return options;
}
