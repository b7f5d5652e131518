import { serviceNamed } from './services';

/** Where the port map starts unless `STAMPEDE_PORT_BASE` says otherwise: gateway 8080, traffic 81xx, admin 91xx. */
export const DEFAULT_PORT_BASE = 8000;
/** Replicas of one service that fit the port map of one machine. */
export const MAX_REPLICAS = 10;

const GATEWAY_OFFSET = 80;
const PROVIDER_OFFSET = 90;
const TRAFFIC_OFFSET = 100;
const ADMIN_OFFSET = 1_100;
const PROVIDER_ADMIN_OFFSET = 1_190;
const POSTGRES_OFFSET = -2_567;
const HIGHEST_OFFSET = 1_200;
const LOWEST_USER_PORT = 1_024;
const HIGHEST_PORT = 65_535;

/**
 * @throws RangeError naming the allowed range: the map reaches from Postgres below the base to the admin ports above
 * it.
 */
export function portBase(env: Readonly<Record<string, string | undefined>>): number {
  const base = Number(env['STAMPEDE_PORT_BASE'] ?? DEFAULT_PORT_BASE);
  const lowest = LOWEST_USER_PORT - POSTGRES_OFFSET;
  const highest = HIGHEST_PORT - HIGHEST_OFFSET;
  if (!Number.isInteger(base) || base < lowest || base > highest) {
    throw new RangeError(`STAMPEDE_PORT_BASE must be a whole number from ${lowest} to ${highest}`);
  }
  return base;
}

/** The port that peers (for the gateway: buyers) talk to. @throws RangeError for a replica outside 0..9. */
export function trafficPort(base: number, service: string, replica = 0): number {
  const { index } = serviceNamed(service);
  const offset = index === 0 ? GATEWAY_OFFSET : TRAFFIC_OFFSET + MAX_REPLICAS * index;
  return base + offset + checkedReplica(replica);
}

/** The port of probes and metrics. @throws RangeError for a replica outside 0..9. */
export function adminPort(base: number, service: string, replica = 0): number {
  return base + ADMIN_OFFSET + MAX_REPLICAS * serviceNamed(service).index + checkedReplica(replica);
}

export function providerPort(base: number): number {
  return base + PROVIDER_OFFSET;
}

export function providerAdminPort(base: number): number {
  return base + PROVIDER_ADMIN_OFFSET;
}

export function postgresPort(base: number): number {
  return base + POSTGRES_OFFSET;
}

function checkedReplica(replica: number): number {
  if (!Number.isInteger(replica) || replica < 0 || replica >= MAX_REPLICAS) {
    throw new RangeError(`a service has 1 to ${MAX_REPLICAS} replicas on one machine`);
  }
  return replica;
}
