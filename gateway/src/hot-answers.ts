import type { Kv } from '@stampede/kv';
import { mitigated } from '@stampede/topology';
import type { GatewayConfig } from './config';
import { Recent } from './recent';

/** Answers of peers that may be a little old. */
export interface HotAnswers<T> {
  /** The value of `key`, from where it is kept or else by `load`. @throws what `load` throws */
  get(key: string, load: () => Promise<T>): Promise<T>;
}

export interface Heat {
  /** An answer is asked for anew when it is that old. */
  readonly ttlMs: number;
  /** So much longer it is given out while the new one is on its way: a slow peer makes nobody wait. */
  readonly staleMs: number;
  /** Answers kept in memory, those that came last. */
  readonly most: number;
}

/** `name` tells one kind of answers from another. */
export type KeepHot = <T>(name: string, heat: Heat) => HotAnswers<T>;

/** Keeps answers in the memory of this replica: neither a crowd nor the loss of Redis reaches the databases. */
export function keepHot(kv: Kv, { env }: GatewayConfig): KeepHot {
  const inRedis: KeepHot = (name, { ttlMs }) => cacheAside(kv, name, ttlMs);
  return mitigated('answers-in-memory', inMemory, inRedis, env);
}

const inMemory: KeepHot = (_name, { ttlMs, staleMs, most }) => new Recent(ttlMs, most, staleMs);

/** A cache as most are written: look, else load and store, each caller for itself. Nothing found is nothing cached. */
function cacheAside<T>(kv: Kv, name: string, ttlMs: number): HotAnswers<T> {
  return {
    async get(key, load) {
      const place = `hot:${name}:${key}`; // apart from what else the gateway remembers of an event
      const cached = await kv.get(place).catch(() => null);
      if (cached !== null) return JSON.parse(cached) as T;
      const value = await load();
      await kv.set(place, JSON.stringify(value), { ttlMs }).catch(() => undefined);
      return value;
    },
  };
}
