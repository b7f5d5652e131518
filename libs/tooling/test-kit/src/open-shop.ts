import { Buyers } from './buyers';
import { Calls } from './calls';
import { openProcesses, type ProcessOptions, type Processes } from './processes';

/** A whole shop of real processes, and those who use it. */
export interface OpenShop extends Processes {
  readonly url: string;
  readonly shop: Buyers;
}

/** Tests are no crowd: one of their buyers may do the work of many. */
const ENV = { GATEWAY_BUYER_REQUESTS_PER_SECOND: '1000' };

/**
 * Starts the whole shop for one test file, freshly built, each service its own process, on ports and stores of its own,
 * so that it touches no shop that runs here. It takes seconds and half a GB: one a file. Close it in afterAll.
 */
export async function openShop({ env = {}, ...options }: ProcessOptions = {}): Promise<OpenShop> {
  const processes = await openProcesses({ ...options, env: { ...ENV, ...env } });
  const calls = new Calls(processes.urlOf('gateway'));
  const close = async (): Promise<void> => {
    await calls.close();
    await processes.close();
  };
  try {
    return { ...processes, url: calls.url, shop: await Buyers.at(calls, processes.gatewayAdminUrl), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A part of the shop: the services named and the provider, for the component tests of those that call them. */
export function openServices(services: readonly string[], options: ProcessOptions = {}): Promise<Processes> {
  return openProcesses(options, services);
}
