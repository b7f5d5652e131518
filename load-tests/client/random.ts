import exec from 'k6/execution';
import { seed } from './settings.ts';

const UINT32 = 4_294_967_296;

/** Uniform in [0, 1). */
export type Random = () => number;

/**
 * The chance of one arrival: the same seed gives the same arrival of the same scenario the same draws, whichever
 * virtual user it falls to. @see Tommy Ettinger, mulberry32 (public domain).
 */
export function randomOfArrival(): Random {
  let state = hash(`${seed} ${exec.scenario.name} ${exec.scenario.iterationInTest}`);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / UINT32;
  };
}

/** A UUID (version 4) made of the arrival's own chance, so that a seed gives the same keys again. */
export function uuid(random: Random): string {
  const digits = Array.from({ length: 30 }, () => Math.floor(random() * 16).toString(16)).join('');
  const variant = '89ab'.charAt(Math.floor(random() * 4));
  const [first, second] = [digits.slice(0, 8), digits.slice(8, 12)];
  return `${first}-${second}-4${digits.slice(12, 15)}-${variant}${digits.slice(15, 18)}-${digits.slice(18)}`;
}

/** @see Fowler, Noll, Vo: FNV-1a, 32 bits */
function hash(text: string): number {
  let mixed = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return mixed;
}
