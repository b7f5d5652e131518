import type { Level } from './project';

/** What a boundary needs to know of a project. */
export interface Placed {
  readonly name: string;
  readonly level: Level;
}

/** Edges within one level, each because the one is made of the other. */
const namedEdges: readonly (readonly [from: string, to: string])[] = [
  ['contracts', 'money'], // prices in requests and replies
  ['saga', 'db'], // a saga's position is a row of the caller's transaction
  ['outbox', 'db'], // so is an event
  ['outbox', 'bus'], // the relay publishes
  ['bus', 'db'], // embedded bus
  ['kv', 'db'], // embedded store
];

/**
 * Why `from` may not import `to`; undefined where it may. Tests may also use the tooling, and their own project as
 * others see it.
 */
export function forbidden(from: Placed, to: Placed, inTest = false): string | undefined {
  if (from.name === to.name) return inTest ? undefined : 'a project imports its own files by their paths';
  if (to.level === 'service' || to.level === 'web') return 'nobody imports a service: they meet on the wire';
  if (inTest && to.level === 3) return undefined;
  if (from.level === 'web') return to.level === 0 ? undefined : 'pages use libraries of level 0 alone';
  if (from.level === 'service') return to.level < 3 ? undefined : 'a service does not use tooling';
  if (from.level === 3) return undefined;
  if (to.level < from.level) return undefined;
  if (namedEdges.some(([source, target]) => source === from.name && target === to.name)) return undefined;
  return `level ${from.level} uses lower levels alone`;
}

/** Nest belongs to the edges of a process; everything below must run without it. */
export function mayUseNest({ name, level }: Placed): boolean {
  return level === 'service' || name === 'service-kit';
}
