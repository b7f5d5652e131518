import { Bulkhead, policy, type BalancerOptions, type Policy, type PolicyOptions } from '@stampede/resilience';
import { mitigated } from '@stampede/topology';
import type { Environment } from './config';
import { retryAtWill, stormBrakes } from './storm-brakes';

export type GuardOptions = PolicyOptions & { readonly balancer: BalancerOptions };

type Change = (options: GuardOptions) => GuardOptions;
const asItIs: Change = (options) => options;

/** A peer whose replicas all died is back in a second or two: a buyer whose key is free again must not wait longer. */
const CIRCUIT_OPEN_MS = 1_000;

/**
 * The policy of one peer: what keeps its trouble from becoming that of everybody else. In a lab, parts of it can be
 * switched off.
 */
export function guardOf(options: GuardOptions, env: Environment = {}): Policy<string> {
  const retries = mitigated('retry-budget', asItIs, retryAtWill, env);
  const bulkhead = mitigated('bulkhead-per-peer', asItIs, sharePool, env);
  const build = mitigated('avoid-sick-replica', policy as typeof trustAll, trustAll, env);
  const { calls } = stormBrakes(env);
  return build(bulkhead(calls(retries(withShortOpenState(options)))));
}

function withShortOpenState({ breaker, ...options }: GuardOptions): GuardOptions {
  return { ...options, ...(breaker && { breaker: { openMs: CIRCUIT_OPEN_MS, ...breaker } }) };
}

/** One pool of connections for all peers instead of a bulkhead for each; whoever comes late waits for one. */
const POOL = { maxInFlight: 10, maxQueue: 1_000_000, maxWaitMs: 60_000 };
let poolOfAll: Bulkhead | undefined;

function sharePool(options: GuardOptions): GuardOptions {
  poolOfAll ??= new Bulkhead('all peers', POOL);
  return { ...options, bulkhead: poolOfAll };
}

/** Every replica in its turn, however it does, and each attempt may take all the time that there is. */
function trustAll({ timeoutMs: _, hedge: _hedge, ...options }: GuardOptions): Policy<string> {
  const { name, balancer } = options;
  const guard = policy({ ...options, balancer: { ...balancer, order: 'in-turn', ejection: false } });
  return {
    name,
    run: ({ timeoutMs: _attempt, ...call }, attempt) => guard.run(call, attempt),
    stats: () => guard.stats(),
  };
}
