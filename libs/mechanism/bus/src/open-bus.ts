import { openEmbeddedBus } from './embedded';
import type { Bus } from './port';

export interface BusOptions {
  /** `host:port,host:port`; with them the bus is Kafka, whatever else is set. */
  kafkaBrokers?: string | undefined;
  /** The PostgreSQL database of the embedded bus; it is created if missing. */
  embeddedUrl?: string | undefined;
  /** Who this is, for the back end's own logs. */
  clientId: string;
}

/** The bus that the options name. Whoever opened it closes it. @throws TypeError when neither back end is named */
export async function openBus(options: BusOptions): Promise<Bus> {
  if (options.kafkaBrokers) {
    const brokers = options.kafkaBrokers.split(',').map((broker) => broker.trim());
    return openBroker({ brokers, clientId: options.clientId });
  }
  if (options.embeddedUrl) return openEmbeddedBus({ url: options.embeddedUrl, clientId: options.clientId });
  throw new TypeError('a bus needs kafkaBrokers or embeddedUrl');
}

/** The client is loaded only where it is used: it costs every process tens of milliseconds and megabytes. */
function openBroker(options: { brokers: string[]; clientId: string }): Bus {
  return (require('./kafka') as typeof import('./kafka')).openKafkaBus(options);
}
