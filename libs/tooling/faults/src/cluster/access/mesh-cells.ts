import * as contracts from '@stampede/contracts';
import type { Api } from '@stampede/contracts';
import { CALL_GRAPH, SERVICES, callsTo } from '@stampede/topology';
import type { Asker, Cell } from './cell';

const TRAFFIC_PORT = 8080;
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
/** In no contract. */
const NOWHERE = '/nobody-offers-this';
const EDGE = 'edge-istio';

/** Whoever may have a certificate of the mesh, those that the call graph means, and their doubles elsewhere. */
export const MESH_ASKERS: readonly Asker[] = [
  ...[...SERVICES.map(({ name }) => name), EDGE, 'default'].map((account): Asker => ({
    name: account,
    account,
    namespace: 'shop',
    mesh: true,
  })),
  ...[...callersOfServices(), EDGE].map((account): Asker => ({
    name: `${account}-elsewhere`,
    account,
    namespace: 'elsewhere',
    mesh: true,
  })),
  { name: 'plaintext', account: 'default', namespace: 'shop', mesh: false },
];

/** Every asker, every service, every path of its contract and one of none, every method. */
export function meshCells(askers: readonly Asker[] = MESH_ASKERS): Cell[] {
  return SERVICES.flatMap(({ name: callee }) =>
    [...pathsOf(callee), NOWHERE].flatMap((path) =>
      METHODS.flatMap((method) =>
        askers.map((asker): Cell => ({
          ...{ asker: asker.name, callee, method, path, port: TRAFFIC_PORT },
          expected: expected(asker, callee, method, path),
        })),
      ),
    ),
  );
}

function expected(asker: Asker, callee: string, method: string, path: string): Cell['expected'] {
  if (!asker.mesh) return 'no connection';
  if (asker.namespace !== 'shop') return 'refused';
  if (callee === 'gateway') return asker.account === EDGE ? 'answered' : 'refused'; // it tells buyers apart itself
  const mayCall = callsTo(callee).some(
    ({ caller, operations }) =>
      caller === asker.account &&
      operations.some((operation) => {
        const route = apiOf(callee)?.routes[operation];
        return route?.method === method && route.path === path;
      }),
  );
  return mayCall ? 'answered' : 'refused';
}

function pathsOf(service: string): string[] {
  return [...new Set(Object.values(apiOf(service)?.routes ?? {}).map(({ path }) => path))];
}

/** Of the gateway there is none here: it takes whatever buyers send. Consumers offer nothing. */
function apiOf(service: string): Api | undefined {
  const candidates: unknown[] = Object.values(contracts);
  return candidates.find((candidate): candidate is Api => isApi(candidate) && candidate.service === service);
}

function isApi(candidate: unknown): candidate is Api {
  return typeof candidate === 'object' && candidate !== null && 'service' in candidate && 'routes' in candidate;
}

function callersOfServices(): string[] {
  const services = new Set(SERVICES.map(({ name }) => name));
  return [...new Set(CALL_GRAPH.filter(({ callee }) => services.has(callee)).map(({ caller }) => caller))];
}
