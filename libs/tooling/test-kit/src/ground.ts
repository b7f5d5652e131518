import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDatabase, startEmbeddedPostgres } from '@stampede/db';
import { clusterTemplate } from '@stampede/db/testing';
import { takePortMap, type Environment, type OpenStore } from '@stampede/supervisor';
import { projectRoot } from './project-root';

/**
 * What the processes of one test stand on: nothing of it is shared with another test or with a shop of this machine.
 */
export interface Ground {
  /** Their state, until `remove`. */
  readonly folder: string;
  /** The whole environment; of this process' own it has what any process needs. */
  readonly env: Environment;
  /** To be called when all processes have ended. */
  remove(): void;
}

/** `but`: port bases that turned out to be in use. */
export async function makeGround(env: Environment, but: readonly number[] = []): Promise<Ground> {
  const ports = await takePortMap(but);
  const folder = mkdtempSync(join(tmpdir(), 'stampede-shop-'));
  chmodSync(folder, 0o711); // as root PostgreSQL runs as another user
  const inherited = Object.fromEntries(['PATH', 'HOME', 'TMPDIR'].map((name) => [name, process.env[name]]));
  // Kept between tests: a process that finds it empty fills it when it ends, which takes seconds.
  const NODE_COMPILE_CACHE = join(projectRoot, 'node_modules', '.cache', 'stampede', 'compile-cache');
  return {
    folder,
    env: { ...inherited, NODE_COMPILE_CACHE, ...env, STAMPEDE_PORT_BASE: String(ports.base) },
    remove: () => {
      ports.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A PostgreSQL of the test's own; what it stored outlives any process but no power cut. */
export const openStore: OpenStore = async ({ folder, port }) => {
  const template = await clusterTemplate(folder);
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), port, durable: false, template });
  return {
    url: server.url,
    pid: server.pid,
    ensure: async (names) => void (await Promise.all(names.map((name) => ensureDatabase(server.url, name)))),
    stop: () => server.stop(),
  };
};
