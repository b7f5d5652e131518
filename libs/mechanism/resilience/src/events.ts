import { channel } from 'node:diagnostics_channel';
import type { CircuitState } from './circuit-breaker';
import type { Priority } from './load-shedder';

/** What this library tells: `name` is the dependency's (a policy's), or the shedder's. */
export type ResilienceEvent =
  | { readonly type: 'breaker_state'; readonly name: string; readonly from: CircuitState; readonly state: CircuitState }
  | {
      readonly type: 'breaker_call';
      readonly name: string;
      readonly result: 'success' | 'failure' | 'rejected' | 'cancelled';
    }
  | { readonly type: 'bulkhead_full'; readonly name: string; readonly reason: 'queue' | 'wait' }
  | { readonly type: 'retry'; readonly name: string; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'retry_denied'; readonly name: string; readonly reason: 'ratio' | 'time' | 'attempts' }
  | { readonly type: 'hedge'; readonly name: string; readonly afterMs: number }
  | { readonly type: 'hedge_won'; readonly name: string }
  | { readonly type: 'shed'; readonly name: string; readonly priority: Priority; readonly reason: string }
  | { readonly type: 'limit'; readonly name: string; readonly limit: number }
  | { readonly type: 'ejected'; readonly name: string; readonly address: string; readonly forMs: number }
  | { readonly type: 'returned'; readonly name: string; readonly address: string }
  | { readonly type: 'budget_spent'; readonly name: string }
  | { readonly type: 'unknown_outcome'; readonly name: string; readonly reason: string };

/** Name of the `node:diagnostics_channel`; its messages are `ResilienceEvent`s. */
export const resilienceChannel = 'stampede:resilience';

const resilience = channel(resilienceChannel);

/** Costs a property read when nobody listens: build the event inside `make`. */
export function publish(make: () => ResilienceEvent): void {
  if (resilience.hasSubscribers) resilience.publish(make());
}
