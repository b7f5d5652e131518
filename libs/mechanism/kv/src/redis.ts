import { Redis } from 'ioredis';
import { addAll, readSlot, reserveSlot } from './redis.scripts';
import type { Kv, Slot } from './port';

const CONNECT_TIMEOUT_MS = 1_000;
/** The client holds the process this long, even for a connection that never came about. */
const DISCONNECT_TIMEOUT_MS = 100;
/** Also bounds the time a call waits for a store that is away. */
const COMMAND_TIMEOUT_MS = 1_000;
const FIRST_RECONNECT_MS = 50;
const LONGEST_RECONNECT_MS = 2_000;

interface Scripts {
  addAll(keyCount: number, ...keysThenByAndTtl: (string | number)[]): Promise<number[]>;
  reserveSlot(
    lineKey: string,
    memberKey: string,
    intervalMs: number,
    keepMs: number,
    notBeforeMs: number,
  ): Promise<[string, string]>;
  readSlot(memberKey: string): Promise<[string, string] | null>;
}

/**
 * The store on one Redis, not a Redis Cluster: a call may touch keys of several hash slots. It opens although Redis
 * is away.
 */
export function openRedisKv(url: string): Kv {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(FIRST_RECONNECT_MS * 2 ** attempt, LONGEST_RECONNECT_MS),
    // An increment whose connection was lost may have counted; sent again it could count twice.
    autoResendUnfulfilledCommands: false,
    scripts: {
      addAll: { lua: addAll },
      reserveSlot: { lua: reserveSlot, numberOfKeys: 2 },
      readSlot: { lua: readSlot, numberOfKeys: 1 },
    },
  }) as Redis & Scripts;
  // Each call reports the loss by itself; without a listener every attempt to reconnect would be printed.
  redis.on('error', () => undefined);
  return {
    get: (key) => redis.get(entryKey(key)),
    async set(key, value, { ttlMs }) {
      await redis.set(entryKey(key), value, 'PX', Math.ceil(ttlMs));
    },
    async delete(key) {
      await redis.del(entryKey(key));
    },
    async addAll(increments) {
      if (increments.length === 0) return [];
      const keys = increments.map(({ key }) => counterKey(key));
      return redis.addAll(keys.length, ...keys, ...increments.flatMap(({ by, ttlMs }) => [by, Math.ceil(ttlMs)]));
    },
    async reserveSlot(line, member, { intervalMs, keepMs, notBeforeMs = 0 }) {
      return slotOf(await redis.reserveSlot(lineKey(line), memberKey(line, member), intervalMs, keepMs, notBeforeMs));
    },
    async readSlot(line, member) {
      const found = await redis.readSlot(memberKey(line, member));
      return found && slotOf(found);
    },
    async ping() {
      await redis.ping();
    },
    close: () => close(redis),
  };
}

async function close(redis: Redis): Promise<void> {
  // Calls under way are answered before the goodbye. A store that is away has nothing to wait for.
  if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
  else redis.disconnect();
}

function slotOf([admitAtMs, nowMs]: [string, string]): Slot {
  return { admitAtMs: Number(admitAtMs), nowMs: Number(nowMs) };
}

const entryKey = (key: string): string => `kv:${key}`;
const counterKey = (key: string): string => `count:${key}`;
const lineKey = (line: string): string => `line:${line}`;
const memberKey = (line: string, member: string): string => `slot:${line.length}:${line}:${member}`;
