import type { FaultProxy, Toxics } from './fault-proxy';
import type { Fault, Lab, ProxiedTarget } from './lab';
import type { Figure } from './figure';
import { growthOf } from './figure';
import { atMostOnce } from './strikes';

export interface ToxicsOptions {
  /** Of the target, from 0; default all. */
  readonly replicas?: readonly number[];
  /** Exchanges and connections that must have been acted on; default one every two seconds of the fault. */
  readonly least?: number;
  /** Counted in place of those, where the system refuses connections before any proxy sees them. */
  readonly seenBy?: Figure;
}

/** What acts less often than that is no fault that a promise can be tried by. */
const LEAST_EVERY_MS = 2_000;

/** What happens on the way to a target; the claim names it as `proxied`. Undone by a plain pipe. */
export function toxics(target: ProxiedTarget, what: Toxics, { replicas, least, seenBy }: ToxicsOptions = {}): Fault {
  return {
    name: `${told(what)} on the way to ${target}`,
    async start({ shop, record }: Lab) {
      const all = shop.proxies(target);
      const chosen = replicas?.map((index) => replicaOf(all, index)) ?? all;
      const before = acted(chosen);
      const growth = seenBy === undefined ? undefined : await growthOf(shop, seenBy);
      for (const proxy of chosen) proxy.set(what);
      record('toxics on', { target, ...what });
      const beganAt = performance.now();
      let lastedMs = 0;
      const undo = atMostOnce(async () => {
        lastedMs = performance.now() - beganAt;
        for (const proxy of chosen) proxy.clear();
        record('toxics off', { target, acted: acted(chosen) - before });
      });
      const seen = async () => ({
        metric: `exchanges with ${target} acted on`,
        value: acted(chosen) - before,
        least: least ?? Math.max(1, Math.floor(lastedMs / LEAST_EVERY_MS)),
      });
      return { undo, seen: growth?.seen ?? seen };
    },
  };
}

function acted(proxies: readonly FaultProxy[]): number {
  return proxies.reduce((sum, proxy) => sum + proxy.acted, 0);
}

function replicaOf(proxies: readonly FaultProxy[], index: number): FaultProxy {
  const proxy = proxies[index];
  if (proxy === undefined) throw new Error(`there is no replica ${index} among ${proxies.length}`);
  return proxy;
}

function told({
  ratio = 1,
  latencyMs,
  jitterMs,
  resetAfterBytes,
  blackHole,
  halfOpen,
  refuse,
  bytesPerSecond,
}: Toxics) {
  const parts = [
    latencyMs === undefined ? '' : `+${latencyMs} ms each way`,
    jitterMs === undefined ? '' : `up to ${jitterMs} ms of jitter`,
    resetAfterBytes === undefined
      ? ''
      : resetAfterBytes === 0
        ? 'answers lost'
        : `reset after ${resetAfterBytes} bytes`,
    blackHole === true ? 'a black hole' : '',
    halfOpen === true ? 'half-open connections' : '',
    refuse === true ? 'connections refused' : '',
    bytesPerSecond === undefined ? '' : `${bytesPerSecond} bytes/s`,
  ].filter((part) => part !== '');
  return `${parts.join(', ')}${ratio < 1 ? ` for ${Math.round(ratio * 100)} %` : ''}`;
}
