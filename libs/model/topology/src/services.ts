/**
 * Every deployable of the shop, once: who it calls, what it owns, how it scales. Ports, addresses and the call graph
 * follow from it.
 */
export interface Service {
  readonly name: string;
  /** Folder of the project, from the root. */
  readonly folder: string;
  /** Place in the port map; never reused. */
  readonly index: number;
  /** Services it calls synchronously. */
  readonly calls: readonly string[];
  /** Whether it owns a PostgreSQL database of its own. */
  readonly database: boolean;
  /** Whether it publishes to or consumes from the event bus. */
  readonly bus: boolean;
  /** Whether it calls the payment provider outside the shop. */
  readonly provider: boolean;
}

const services = [
  {
    name: 'gateway',
    folder: 'gateway',
    index: 0,
    calls: ['catalog', 'pricing', 'inventory', 'orders', 'audit'],
    database: true,
    bus: true,
    provider: false,
  },
  { name: 'catalog', folder: 'services/catalog', index: 1, calls: [], database: true, bus: false, provider: false },
  { name: 'pricing', folder: 'services/pricing', index: 2, calls: [], database: false, bus: false, provider: false },
  { name: 'inventory', folder: 'services/inventory', index: 3, calls: [], database: true, bus: false, provider: false },
  {
    name: 'orders',
    folder: 'services/orders',
    index: 4,
    calls: ['inventory', 'payments'],
    database: true,
    bus: true,
    provider: false,
  },
  { name: 'payments', folder: 'services/payments', index: 5, calls: [], database: true, bus: false, provider: true },
  {
    name: 'notifications',
    folder: 'services/notifications',
    index: 6,
    calls: [],
    database: true,
    bus: true,
    provider: false,
  },
  { name: 'billing', folder: 'services/billing', index: 7, calls: [], database: true, bus: true, provider: false },
  { name: 'audit', folder: 'services/audit', index: 8, calls: [], database: false, bus: false, provider: true },
] as const satisfies readonly Service[];

export type ServiceName = (typeof services)[number]['name'];

/** In start order: a service may be reached by those behind it, the gateway by buyers alone. */
export const SERVICES: readonly Service[] = services;

/** The payment provider's simulator: a company outside the shop, so it is not one of its services. */
export const PROVIDER = { name: 'payment-provider', folder: 'services/payment-provider' } as const;

/** @throws Error for a name that is not in the table. */
export function serviceNamed(name: string): Service {
  const service = SERVICES.find((candidate) => candidate.name === name);
  if (service === undefined)
    throw new Error(`no service is called ${name}; known: ${SERVICES.map((s) => s.name).join(', ')}`);
  return service;
}
