import type { Category } from './api';
import { svg } from './dom';

const RINGS: readonly { category: Category; inset: number }[] = [
  { category: 'CAT4', inset: 4 },
  { category: 'CAT3', inset: 22 },
  { category: 'CAT2', inset: 40 },
  { category: 'CAT1', inset: 58 },
];
const WIDTH = 320;
const HEIGHT = 236;
const CORNER = 104; // of the outermost ring

/** A bowl seen from above, the chosen category lit: the nearer the pitch, the lower the number. Decoration only;
 *  the form says it in words. */
export function stadium(): { element: SVGElement; choose: (category: Category | undefined) => void } {
  const rings = RINGS.map(({ category, inset }) =>
    svg('rect', {
      class: 'ring',
      'data-category': category,
      x: inset,
      y: inset,
      width: WIDTH - 2 * inset,
      height: HEIGHT - 2 * inset,
      rx: CORNER - inset,
    }),
  );
  const pitch = svg(
    'g',
    { class: 'pitch' },
    svg('rect', { x: 86, y: 78, width: 148, height: 80, rx: 2 }),
    svg('path', { d: 'M160 78v80M86 100h18v36H86M234 100h-18v36h18' }),
    svg('circle', { cx: 160, cy: 118, r: 13 }),
  );
  const element = svg(
    'svg',
    { class: 'stadium', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' },
    ...rings,
    pitch,
  );
  const choose = (category: Category | undefined) => {
    for (const ring of rings) ring.classList.toggle('lit', ring.getAttribute('data-category') === category);
  };
  return { element, choose };
}
