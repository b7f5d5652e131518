import Redis from 'ioredis';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, LabServer, LabShop } from './lab';
import { atMostOnce } from './strikes';

type Part = 'redis' | 'kafka';

const IN_USE_MS = 5_000;
const LOOK_MS = 50;

/** kill -9 of Redis or of the broker; it comes back when the fault is undone, with the data that it has on disk. */
export function serverGone(part: Part): Fault {
  return {
    name: `${part} is gone`,
    async start({ shop, record }) {
      const server = shop[part];
      await server.stop('SIGKILL');
      const refused = !(await takesConnections(server));
      record(`${part} gone`);
      return {
        undo: atMostOnce(async () => {
          await server.start();
          record(`${part} back`);
        }),
        seen: async () => ({ metric: `connections that ${part} refused`, value: refused ? 1 : 0, least: 1 }),
      };
    },
  };
}

/** Ends it in order and starts it at once; over when it answers again. */
export function serverRestart(part: Part): Fault {
  return {
    name: `restart of ${part}`,
    async start({ shop, record }) {
      const server = shop[part];
      await server.stop('SIGTERM');
      const refused = !(await takesConnections(server));
      const again = atMostOnce(() => server.start());
      const ended = again().then(() => record(`${part} restarted`));
      ended.catch((error: unknown) => record(`${part} does not start`, { why: String(error) }));
      return {
        ended,
        undo: again,
        seen: async () => ({ metric: `connections that ${part} refused`, value: refused ? 1 : 0, least: 1 }),
      };
    },
  };
}

/** Redis forgets everything at once. */
export function redisFlushed(): Fault {
  return {
    name: 'Redis is flushed',
    async start({ shop, record }) {
      const keys = await flush(shop);
      record('flushed', { keys });
      return {
        ended: Promise.resolve(),
        undo: async () => undefined,
        seen: async () => ({ metric: 'keys of Redis forgotten', value: keys, least: 1 }),
      };
    },
  };
}

async function flush({ redis }: LabShop): Promise<number> {
  const client = new Redis(redis.address, { lazyConnect: true, maxRetriesPerRequest: 1 });
  try {
    await client.connect();
    const keys = await keysOf(client);
    await client.flushall();
    return keys;
  } finally {
    client.disconnect();
  }
}

/** A server that has just come back is soon used again: what it has then can be forgotten. */
async function keysOf(client: Redis): Promise<number> {
  for (const deadline = Date.now() + IN_USE_MS; ; await delay(LOOK_MS)) {
    const keys = await client.dbsize();
    if (keys > 0 || Date.now() > deadline) return keys;
  }
}

function takesConnections({ address }: LabServer): Promise<boolean> {
  const { hostname: host, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
