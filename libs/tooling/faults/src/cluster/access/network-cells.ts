import { PROVIDER, SERVICES, callsFrom } from '@stampede/topology';
import type { Asker, Cell } from './cell';

const TRAFFIC_PORT = 8080;
const ADMIN_PORT = 9090;
/** Stores and who uses them. */
const STORES = [
  { name: 'postgres', port: 5432, usedBy: SERVICES.filter(({ database, name }) => database || name === 'audit') },
  { name: 'kafka', port: 9092, usedBy: SERVICES.filter(({ bus }) => bus) },
  { name: 'redis', port: 6379, usedBy: SERVICES.filter(({ name }) => name === 'gateway') },
].map(({ name, port, usedBy }) => ({ name, port, users: usedBy.map((service) => service.name) }));
const EDGE = 'edge';

/** As the services and the edge, by the labels that the network goes by; and strangers, who have none. */
export const NETWORK_ASKERS: readonly Asker[] = [
  ...[...SERVICES.map(({ name }) => name), EDGE, 'stranger'].map((name): Asker => ({
    name: `${name}-bare`,
    account: name,
    namespace: 'shop',
    mesh: false,
  })),
  { name: 'stranger-elsewhere', account: 'stranger', namespace: 'elsewhere', mesh: false },
];

/** The second wall: who may open a connection to which port, with no mesh to say anything. */
export function networkCells(askers: readonly Asker[] = NETWORK_ASKERS): Cell[] {
  return askers.flatMap(({ name: asker, account, namespace }) => {
    const may = (callee: string, port: number) => namespace === 'shop' && connects(account, callee, port);
    const targets = [
      ...SERVICES.flatMap(({ name }) => [TRAFFIC_PORT, ADMIN_PORT].map((port) => ({ callee: name, port }))),
      ...STORES.map(({ name, port }) => ({ callee: name, port })),
      { callee: PROVIDER.name, port: TRAFFIC_PORT },
    ];
    return targets.map(({ callee, port }): Cell => ({
      ...{ asker, callee, port },
      expected: may(callee, port) ? 'answered' : 'no connection',
    }));
  });
}

function connects(account: string, callee: string, port: number): boolean {
  const store = STORES.find(({ name }) => name === callee);
  if (store !== undefined) return store.users.includes(account);
  if (port !== TRAFFIC_PORT) return false;
  if (callee === 'gateway') return account === EDGE;
  return callsFrom(account).some((calls) => calls.callee === callee);
}
