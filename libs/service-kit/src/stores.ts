import type { Bus } from '@stampede/bus';
import type { Database } from '@stampede/db';
import { inSendSpans } from '@stampede/telemetry';
import type { ServiceConfig } from './settings';

/** What a service keeps its state in. */
export interface Stores {
  readonly database: Database | undefined;
  readonly bus: Bus | undefined;
  readonly isTransient: (error: unknown) => boolean;
  close(): Promise<void>;
}

/** Enough to keep two cores and a disk busy; each connection costs the server some 4 MB. */
const POOL_SIZE = 8;
/** A server that starts at the same time as its clients is given that long. */
const WAIT_FOR_SERVER_MS = 30_000;
const ASK_AGAIN_MS = 500;

/**
 * Opens what the service needs and brings its database up to date. The libraries are loaded only where they are
 * needed.
 */
export async function openStores(
  config: ServiceConfig,
  needs: { readonly database?: boolean; readonly bus?: boolean },
  migrations: readonly string[],
): Promise<Stores> {
  if (needs.database !== true && needs.bus !== true) return NO_STORES;
  const { isTransient } = await import('@stampede/db');
  const database = needs.database === true ? await openOwnDatabase(config, migrations) : undefined;
  const bus = needs.bus === true && config.migrate !== 'only' ? await openOwnBus(config) : undefined;
  const close = async () => {
    await bus?.close();
    await database?.close();
  };
  return { database, bus, isTransient, close };
}

const NO_STORES: Stores = {
  database: undefined,
  bus: undefined,
  isTransient: () => false,
  close: async () => undefined,
};

async function openOwnDatabase(config: ServiceConfig, migrations: readonly string[]): Promise<Database> {
  const { ensureDatabase, isTransient, migrate, openDatabase, serviceDatabaseUrl } = await import('@stampede/db');
  const url = serviceDatabaseUrl(config.env, config.service);
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  if (config.migrate !== 'off') await whileTransient(isTransient, () => ensureDatabase(url, name));
  const database = openDatabase({ url, applicationName: config.instance, poolSize: POOL_SIZE });
  try {
    if (config.migrate === 'off') await whileTransient(isTransient, () => database.ping());
    else await migrate(database, [...migrations]);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openOwnBus(config: ServiceConfig): Promise<Bus> {
  const { openBus } = await import('@stampede/bus');
  const { kafkaBrokers, busUrl: embeddedUrl, instance: clientId } = config;
  return traced(await openBus({ kafkaBrokers, embeddedUrl, clientId }), config.service);
}

/** What a service publishes is sent in the traces of those who appended it. */
function traced(bus: Bus, service: string): Bus {
  return {
    publish: (topic, events) => inSendSpans(service, topic, events, (sent) => bus.publish(topic, sent)),
    subscribe: (options) => bus.subscribe(options),
    lag: (topic, group) => bus.lag(topic, group),
    latest: (topic, most) => bus.latest(topic, most),
    close: () => bus.close(),
  };
}

async function whileTransient(
  isTransient: (error: unknown) => boolean,
  attempt: () => Promise<unknown>,
): Promise<void> {
  const endsAt = Date.now() + WAIT_FOR_SERVER_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!isTransient(error) || Date.now() > endsAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}
