import { forbidden } from '../boundaries';
import { SCOPE, levelOf } from '../project';

/** The part of `nx graph --file` that boundaries are about. */
export interface NxGraph {
  readonly nodes: Readonly<Record<string, { readonly data: { readonly tags?: readonly string[] } }>>;
  readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>>;
}

/** What is wrong with the edges of Nx's project graph, one line each. */
export function graphFindings({ nodes, dependencies }: NxGraph): string[] {
  const projects = new Map(
    Object.entries(nodes).map(([name, { data }]) => [
      name,
      { name: name.replace(SCOPE, ''), level: levelOf(name, data.tags ?? []) },
    ]),
  );
  const edges = Object.entries(dependencies).flatMap(([from, targets]) =>
    targets.filter(({ target }) => projects.has(target)).map(({ target }) => [from, target] as const),
  );
  const broken = edges.flatMap(([from, to]) => {
    const [source, target] = [projects.get(from), projects.get(to)];
    if (source === undefined || target === undefined) return [];
    const reason = forbidden(source, target);
    return reason === undefined ? [] : [`${source.name} -> ${target.name}: ${reason}`];
  });
  return [...broken, ...cyclesIn(edges)];
}

function cyclesIn(edges: readonly (readonly [string, string])[]): string[] {
  const reach = (from: string, seen: Set<string>): Set<string> => {
    for (const [source, target] of edges) if (source === from && !seen.has(target)) reach(target, seen.add(target));
    return seen;
  };
  const inCycle = [...new Set(edges.map(([from]) => from))].filter((name) => reach(name, new Set()).has(name));
  return inCycle.length === 0 ? [] : [`a cycle: ${inCycle.join(', ')}`];
}
