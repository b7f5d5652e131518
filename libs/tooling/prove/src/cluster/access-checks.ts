import { ACCESS_EVENTS } from '@stampede/faults';
import type { Check, Observations } from '../check';

interface Wall {
  readonly wall: string;
  readonly cells: number;
  readonly allowed: number;
  readonly wrong: number;
  readonly first: readonly string[];
}

interface Line {
  readonly words: string;
  readonly lines: number;
  readonly red: number;
}

const WALLS = ['mesh', 'network', 'edge'];

/** Every cell of every wall came out as the call graph and the contract declare it: allowed or not. */
export function accessAsDeclared(): Check {
  return {
    name: 'cells that are not as declared',
    judge: (seen) => {
      const walls = told<Wall>(seen, ACCESS_EVENTS.wall);
      const wrong = walls.reduce((sum, wall) => sum + wall.wrong, 0);
      const cells = walls.reduce((sum, wall) => sum + wall.cells, 0);
      const allowed = walls.reduce((sum, wall) => sum + wall.allowed, 0);
      const first = walls.flatMap((wall) => wall.first)[0];
      return {
        holds: wrong === 0,
        measured: `${wrong} of ${cells}, of which ${allowed} are allowed${first === undefined ? '' : ` (${first})`}`,
        limit: 'none',
        samples: { seen: WALLS.filter((name) => walls.some(({ wall }) => wall === name)).length, needed: WALLS.length },
      };
    },
  };
}

/** A policy line that is gone turns a cell red; fewer than `atLeast` lines, or without it than all, are too few. */
export function linesNoticed({ atLeast }: { readonly atLeast?: number } = {}): Check {
  return {
    name: 'policy lines whose removal no cell noticed',
    judge: (seen) => {
      const lines = told<Line>(seen, ACCESS_EVENTS.line);
      const unnoticed = lines.filter(({ red }) => red === 0).map(({ words }) => words);
      const all = lines[0]?.lines ?? 1;
      return {
        holds: unnoticed.length === 0,
        measured: `${unnoticed.length} of ${lines.length}${unnoticed.length === 0 ? '' : ` (${unnoticed[0]})`}`,
        limit: 'none',
        samples: { seen: lines.length, needed: Math.min(all, atLeast ?? all) },
      };
    },
  };
}

function told<T>({ events = [] }: Observations, kind: string): readonly T[] {
  return events.filter((event) => event.kind === kind).map(({ detail }) => detail as unknown as T);
}
