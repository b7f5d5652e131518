/**
 * How the crowd of 26 June 1998 grew from 11:40 to 15:58 UTC, its busiest minute, when ten times as many came: means of
 * 24 equal parts, as multiples of the first.
 * @see load-tests/traces/README.md, seconds 49,200 to 64,680 of the trace
 */
export const MATCH_DAY_RISE: readonly number[] = [
  1, 1.05, 1.14, 1.22, 1.33, 1.33, 1.39, 1.46, 1.44, 1.44, 1.65, 1.71, 1.84, 2.53, 4.19, 5.53, 6.55, 7.45, 7.58, 8.4,
  9.11, 9.38, 9.31, 10,
];
