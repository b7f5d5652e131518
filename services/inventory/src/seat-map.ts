import type { Seat } from '@stampede/contracts';

/** Seats side by side in one row. Few enough for a mask of 32 bits. */
export const ROW_SEATS = 20;
export const SECTION_ROWS = 25;
export const SECTION_SEATS = ROW_SEATS * SECTION_ROWS;

/** One mask a row; bit n set: seat n of that row is free. */
export type FreeMasks = number[];

const FIRST_SECTION = 101;
const FIRST_ROW_LETTER = 'A'.charCodeAt(0);

/** The free seats of a new section that has `seats` of them, 1..500, filled from its first row. */
export function emptySection(seats: number): FreeMasks {
  return Array.from({ length: SECTION_ROWS }, (_, row) => {
    const inRow = Math.min(ROW_SEATS, Math.max(0, seats - row * ROW_SEATS));
    return 2 ** inRow - 1;
  });
}

/**
 * Takes `quantity` free seats side by side, the first such. Returns their places in the section, or undefined and takes
 * nothing.
 */
export function takeAdjacent(masks: FreeMasks, quantity: number): number[] | undefined {
  for (const [row, mask] of masks.entries()) {
    const starts = runStarts(mask, quantity);
    if (starts === 0) continue;
    const first = 31 - Math.clz32(starts & -starts);
    masks[row] = mask & ~((2 ** quantity - 1) << first);
    return Array.from({ length: quantity }, (_, n) => row * ROW_SEATS + first + n);
  }
  return undefined;
}

/** Takes up to `quantity` free seats, wherever they are. */
export function takeAny(masks: FreeMasks, quantity: number): number[] {
  const taken: number[] = [];
  while (taken.length < quantity) {
    const seat = takeAdjacent(masks, 1)?.[0];
    if (seat === undefined) break;
    taken.push(seat);
  }
  return taken;
}

/** Frees seats. @throws Error where one is free already: two sales would have shared it */
export function giveBack(masks: FreeMasks, seats: readonly number[]): void {
  for (const seat of seats) {
    const row = Math.floor(seat / ROW_SEATS);
    const bit = 1 << (seat % ROW_SEATS);
    const mask = masks[row] ?? 0;
    if ((mask & bit) !== 0) throw new Error(`seat ${seat} is free already`);
    masks[row] = mask | bit;
  }
}

export function freeSeats(masks: FreeMasks): number {
  return masks.reduce((sum, mask) => sum + bitCount(mask), 0);
}

/** How many free seats are side by side at most. */
export function longestRun(masks: FreeMasks): number {
  let longest = 0;
  for (const mask of masks) while (runStarts(mask, longest + 1) !== 0) longest += 1;
  return longest;
}

/** The name of a seat from its index within the category: it is computed, so a seat needs no row. */
export function seatName(index: number): Seat {
  const inSection = index % SECTION_SEATS;
  return {
    section: String(FIRST_SECTION + Math.floor(index / SECTION_SEATS)),
    row: String.fromCharCode(FIRST_ROW_LETTER + Math.floor(inSection / ROW_SEATS)),
    number: (inSection % ROW_SEATS) + 1,
  };
}

/** Bit n set: seats n to n + quantity - 1 are free. */
function runStarts(mask: number, quantity: number): number {
  let starts = mask;
  for (let shift = 1; shift < quantity; shift += 1) starts &= mask >> shift;
  return starts;
}

function bitCount(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count += 1;
  return count;
}
