import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureDatabase, startEmbeddedPostgres, type EmbeddedPostgres } from '@stampede/db';
import { becomeNice } from './niceness';
import type { Environment } from './plan';
import { Refusal } from './refusal';

/** The database server that a shop runs on. */
export interface Store {
  /** Names the server, not a database. */
  readonly url: string;
  /** The process to end with the shop; undefined for somebody else's server, and while it is started again. */
  readonly pid: number | undefined;
  ensure(databases: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface StoreOptions {
  readonly env: Environment;
  /** The shop's state folder. */
  readonly folder: string;
  readonly port: number;
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
  /** Called when the process id has changed. */
  readonly onChange: () => void;
}

export type OpenStore = (options: StoreOptions) => Promise<Store>;

/** The server that `DATABASE_URL` names, or else an embedded PostgreSQL. @throws Refusal with the cause */
export const openStore: OpenStore = async (options) => {
  const url = options.env['DATABASE_URL'];
  if (url === undefined || url === '') return EmbeddedStore.start(options);
  return { url, pid: undefined, ensure: (databases) => ensureAll(url, databases), stop: async () => undefined };
};

const RESTART_PAUSE_MS = 500;
const MOST_RESTARTS = 5; // without success in between; the data need a person then

/** PostgreSQL on this machine, started again when it dies. */
class EmbeddedStore implements Store {
  private wanted = true;
  private restarting: Promise<void> | undefined;

  private constructor(
    private readonly options: StoreOptions,
    private server: EmbeddedPostgres,
  ) {
    this.watch();
  }

  static async start(options: StoreOptions): Promise<EmbeddedStore> {
    return new EmbeddedStore(options, await startServer(options));
  }

  get url(): string {
    return this.server.url;
  }

  get pid(): number | undefined {
    return this.restarting === undefined ? this.server.pid : undefined;
  }

  ensure(databases: readonly string[]): Promise<void> {
    return ensureAll(this.url, databases);
  }

  async stop(): Promise<void> {
    this.wanted = false;
    await this.restarting;
    await this.server.stop();
  }

  private watch(): void {
    void this.server.exited.then(() => {
      if (!this.wanted) return;
      this.options.report('PostgreSQL ended: starting it again');
      this.restarting = this.startAgain().finally(() => {
        this.restarting = undefined;
        this.options.onChange();
      });
      this.options.onChange();
    });
  }

  private async startAgain(): Promise<void> {
    for (let attempt = 1; this.wanted; attempt += 1) {
      try {
        this.server = await startServer(this.options);
        return this.watch();
      } catch (error) {
        this.options.report((error as Error).message);
        if (attempt === MOST_RESTARTS) return this.options.report('PostgreSQL stays down: stop the shop and look');
        await pause(RESTART_PAUSE_MS);
      }
    }
  }
}

async function startServer({ env, folder, port }: StoreOptions): Promise<EmbeddedPostgres> {
  try {
    const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), port, env });
    becomeNice(server.pid, 'postgres'); // the processes of its connections, all made from now on, inherit it
    return server;
  } catch (cause) {
    throw new Refusal(`PostgreSQL does not start: ${(cause as Error).message}`, { cause });
  }
}

async function ensureAll(url: string, databases: readonly string[]): Promise<void> {
  try {
    await Promise.all(databases.map((name) => ensureDatabase(url, name)));
  } catch (error) {
    const server = URL.canParse(url) ? new URL(url).host : 'DATABASE_URL'; // no password in a message
    throw new Refusal(`the databases cannot be made on ${server}: ${(error as Error).message}`, { cause: error });
  }
}
