import { setTimeout as delay } from 'node:timers/promises';
import { Refusal, Shop, orderShop, type Environment, type Replicas } from '@stampede/supervisor';
import { PROVIDER, serviceNamed } from '@stampede/topology';
import { freshBuild } from './fresh-build';
import { makeGround, openStore, type Ground } from './ground';
import { projectRoot } from './project-root';
import { ProviderBooks } from './provider-books';

export interface ProcessOptions {
  readonly replicas?: Replicas;
  /** For every process, beside what it needs to find the others. */
  readonly env?: Environment;
}

/** Real processes under a supervisor, on ports and stores of their own. */
export interface Processes {
  readonly provider: ProviderBooks;
  /** The traffic address of a process. @throws Error for a name that none has */
  urlOf(name: string): string;
  /** The database of a service, as its owner sees it; `bus` is the embedded bus. */
  databaseUrlOf(name: string): string;
  readonly gatewayAdminUrl: string;
  /** kill -9 of a process by its name (`orders`, `orders-1`); its supervisor starts it again. */
  kill(name: string): Promise<void>;
  /** A restart in order: what is in flight is finished. */
  restart(name: string): Promise<void>;
  /** Ends it in order, until `start`. */
  stop(name: string): Promise<void>;
  start(name: string): Promise<void>;
  /** Resolves when every process is ready. @throws Error naming those that are not, after a minute */
  ready(): Promise<void>;
  /** Stops every process and removes all that they stored. */
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;
const PAUSE_MS = 50;

/** Starts the services named, all by default, and the provider, freshly built. */
export async function openProcesses(
  { replicas = {}, env = {} }: ProcessOptions,
  services?: readonly string[],
): Promise<Processes> {
  await freshBuild(foldersOf(services));
  const busy: number[] = [];
  for (;;) {
    const ground = await makeGround(env, busy);
    try {
      return await openOn(ground, replicas, services);
    } catch (error) {
      if (!(error instanceof Refusal && /^port \d+ is busy/.test(error.message))) throw error;
      busy.push(Number(ground.env['STAMPEDE_PORT_BASE']));
    }
  }
}

/** None: everything, the pages as well. */
function foldersOf(services: readonly string[] = []): string[] {
  return services.length === 0 ? [] : [PROVIDER, ...services.map(serviceNamed)].map(({ folder }) => folder);
}

async function openOn(ground: Ground, replicas: Replicas, services?: readonly string[]): Promise<Processes> {
  const { folder, env } = ground;
  const lines: string[] = [];
  let serverUrl = '';
  const shop = new Shop({
    ...{ root: projectRoot, env, folder, replicas, singleProcess: false },
    ...(services === undefined ? {} : { services }),
    report: (line) => void lines.push(line),
    openStore: async (place) => {
      const store = await openStore(place);
      serverUrl = store.url;
      return store;
    },
  });
  const close = async (): Promise<void> => {
    await shop.close();
    ground.remove();
  };
  const order = async (what: string, name: string) =>
    void (await orderShop(folder, 'POST', `/${what}?name=${encodeURIComponent(name)}`));
  try {
    await shop.open();
  } catch (error) {
    await close();
    if (error instanceof Error) error.message += ['', ...lines].join('\n'); // with the ends of logs that it quotes
    throw error;
  }
  return {
    provider: new ProviderBooks(urlOf(shop, 'payment-provider')),
    urlOf: (name) => urlOf(shop, name),
    databaseUrlOf: (name) => `${serverUrl}/${name}`,
    gatewayAdminUrl: shop.status().gatewayAdminUrl,
    kill: (name) => order('kill', name),
    restart: (name) => order('restart', name),
    stop: (name) => order('stop', name),
    start: (name) => order('start', name),
    ready: () => allReady(shop),
    close,
  };
}

function urlOf(shop: Shop, name: string): string {
  const process = shop.status().processes.find((candidate) => candidate.name === name);
  if (process === undefined) throw new Error(`no process is called ${name}`);
  return process.url;
}

async function allReady(shop: Shop): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
    const late = shop.status().processes.filter(({ state }) => state !== 'ready');
    if (late.length === 0) return;
    if (Date.now() > deadline) throw new Error(late.map(({ name, state }) => `${name} is ${state}`).join(', '));
  }
}
