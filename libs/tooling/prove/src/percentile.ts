/** Nearest rank: the value that the ratio (0..1) of all is below; undefined of none. `values` may be in any order. */
export function percentile(values: readonly number[], ratio: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))];
}
