import * as contracts from '@stampede/contracts';
import type { Api, Route } from '@stampede/contracts';
import { CALL_GRAPH, type Calls } from '@stampede/topology';

/** What one caller may send to one callee by one method: paths with `{*}` for each parameter, as Istio writes them. */
export interface Operation {
  readonly method: string;
  readonly paths: readonly string[];
}

/** One edge of the call graph, with the routes that its operations have in the callee's contract. */
export interface Access {
  readonly caller: string;
  readonly callee: string;
  readonly operations: readonly Operation[];
}

/** The whole call graph by method and path. @throws Error naming an operation that the callee's contract lacks */
export function accessOf(graph: readonly Calls[] = CALL_GRAPH): Access[] {
  return graph.map(({ caller, callee, operations }) => {
    const { routes } = apiOf(callee);
    const byMethod = new Map<string, Set<string>>();
    for (const name of operations) {
      const { method, path } = known(routes[name], `${callee} has no route ${name}, which ${caller} calls`);
      byMethod.set(method, (byMethod.get(method) ?? new Set()).add(path.replaceAll(/\{\w+\}/g, '{*}')));
    }
    const sorted = [...byMethod].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { caller, callee, operations: sorted.map(([method, paths]) => ({ method, paths: [...paths].toSorted() })) };
  });
}

/** The contract of a service. @throws Error where there is none */
export function apiOf(service: string): Api {
  const found = Object.values(contracts).find((candidate) => isApi(candidate) && candidate.service === service);
  return known(found as Api | undefined, `${service} has no contract`);
}

function isApi(candidate: unknown): candidate is Api {
  return typeof candidate === 'object' && candidate !== null && 'service' in candidate && 'routes' in candidate;
}

function known<T extends Api | Route>(value: T | undefined, complaint: string): T {
  if (value === undefined) throw new Error(complaint);
  return value;
}
