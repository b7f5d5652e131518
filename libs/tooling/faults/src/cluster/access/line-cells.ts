import { PROVIDER } from '@stampede/topology';
import type { Cell } from './cell';
import { edgeCells } from './edge-cells';
import { meshCells } from './mesh-cells';
import { networkCells } from './network-cells';
import type { PolicyLine } from './policy-lines';

/** With it gone, and the one policy of a callee as well, everybody may ask: so it goes alone. */
const FOR_EVERYBODY = 'deny-all';

/** What a line is about: the cells of which one at least must change without it. */
export function cellsAbout({ words, wall }: Pick<PolicyLine, 'words' | 'wall'>): Cell[] {
  return wall === 'network' ? aboutNetworkLine(words) : aboutMeshLine(words);
}

/** Its caller's and callee's; without `deny-all` it is those that nothing else refuses. */
function aboutMeshLine(words: string): Cell[] {
  const [policy = '', methods = '', path = ''] = words.split(' ');
  if (policy === FOR_EVERYBODY)
    return meshCells().filter(({ asker, method }) => asker === 'default' && method === 'GET');
  if (policy.startsWith('edge-'))
    return edgeCells().filter(({ asker, method }) => asker === 'buyer' && method === 'GET');
  const [callee = '', caller = ''] = policy.split('-from-');
  const asker = caller === 'edge' ? 'edge-istio' : caller;
  return meshCells().filter(
    (cell) =>
      cell.asker === asker &&
      cell.callee === callee &&
      cell.expected === 'answered' &&
      (path === '' || (methods.split(',').includes(cell.method ?? '') && path === asPattern(cell.path))),
  );
}

/** As the policies have it: `/holds/{*}`. */
function asPattern(path = ''): string {
  return path.replaceAll(/\{\w+\}/g, '{*}');
}

function aboutNetworkLine(words: string): Cell[] {
  const [policy = '', way = '', , ...peers] = words.split(' ');
  const subject = policy.startsWith('deny-all-but') ? PROVIDER.name : policy;
  return networkCells().filter(({ asker, callee, expected }) => {
    const caller = asker.replace(/-bare$/, '');
    if (expected !== 'answered') return false;
    return way === 'egress'
      ? caller === subject && peers.includes(callee)
      : callee === subject && peers.includes(caller);
  });
}

interface AboutCells {
  readonly line: Pick<PolicyLine, 'policy' | 'wall'>;
  readonly cells: readonly Cell[];
}

const MOST_AT_A_TIME = 6;

/** Lines that can be gone together and told apart: of different policies, and about different cells. */
export function batchesOf<T extends AboutCells>(lines: readonly T[]): T[][] {
  const batches: T[][] = [];
  for (const next of lines) {
    const fits = batches.find(
      (batch) => batch.length < MOST_AT_A_TIME && batch.every((other) => areApart(other, next)),
    );
    if (fits === undefined) batches.push([next]);
    else fits.push(next);
  }
  return batches;
}

function areApart(one: AboutCells, other: AboutCells): boolean {
  const isSame = one.line.wall === other.line.wall && one.line.policy === other.line.policy;
  const isForAll = [one, other].some(({ line }) => line.policy === FOR_EVERYBODY);
  return !isSame && !isForAll && !one.cells.some(isOneOf(other.cells));
}

/** Whether a cell asks the same as one of these. */
export function isOneOf(cells: readonly Cell[]): (cell: Cell) => boolean {
  const known = new Set(cells.map(keyOf));
  return (cell) => known.has(keyOf(cell));
}

function keyOf({ asker, callee, method = '', path = '', port }: Cell): string {
  return [asker, callee, method, path, port].join(' ');
}
