import { createServer, type Server } from 'node:net';

/**
 * Places for a whole port map, 1,300 ports each and a database server's 2,567 below. All are below the ports that the
 * system gives to clients, and apart from a shop's usual ones.
 */
const BASES = [
  9_200, 10_600, 12_000, 13_400, 14_800, 16_200, 17_600, 19_000, 20_400, 21_800, 23_200, 25_400, 26_800, 28_200, 29_600,
  31_000,
];

/** A part of the ports of this machine that no other test or lab has. */
export interface PortMap {
  /** For STAMPEDE_PORT_BASE. */
  readonly base: number;
  release(): void;
}

/** @throws Error when every place is taken. `but` names bases where something else listens. */
export async function takePortMap(but: readonly number[] = []): Promise<PortMap> {
  const first = Math.floor(Math.random() * BASES.length); // runs that start together begin apart
  for (const base of [...BASES.slice(first), ...BASES.slice(0, first)]) {
    if (but.includes(base)) continue;
    const guard = await listen(base);
    if (guard !== undefined) return { base, release: () => guard.close() };
  }
  throw new Error('no part of the port map is free: too many shops under test run on this machine');
}

/**
 * The base itself is no port of the map, so whoever listens there owns the rest; the system frees it with the process.
 */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const guard = createServer();
    guard.once('error', () => resolve(undefined));
    guard.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(guard.unref()));
  });
}
