import type { Policy, PolicyCheck } from './policy';
import type { Breach } from './record';
import type { Point } from './sight';

/** What of a release is known once it has ended. */
export interface Course {
  readonly beganMs: number;
  /** A check's values, one a second. */
  readonly values: ReadonlyMap<string, readonly Point[]>;
  /** From when the new version was wanted and no replica of it served, at the last look. */
  readonly unreadySinceMs: number | undefined;
}

/**
 * The first moment in which the policy was broken, by what was stored at the time: nobody need have noticed by then.
 * `undefined` for a release that kept it.
 */
export function firstBreach(
  { beganMs, values, unreadySinceMs }: Course,
  { checks, readyWithinMs }: Pick<Policy, 'checks' | 'readyWithinMs'>,
  endedMs: number,
): Breach | undefined {
  const found = checks.flatMap((check) => breachOf(check, values.get(check.name) ?? [], beganMs));
  const lateMs = unreadySinceMs === undefined ? Infinity : unreadySinceMs + readyWithinMs;
  if (lateMs <= endedMs) {
    const [value, limit] = [(endedMs - (unreadySinceMs ?? 0)) / 1_000, readyWithinMs / 1_000];
    found.push({ atMs: lateMs - beganMs, metric: 'ready', value, limit });
  }
  return found.toSorted((a, b) => a.atMs - b.atMs)[0];
}

function breachOf({ name, limit }: PolicyCheck, points: readonly Point[], beganMs: number): Breach[] {
  const first = points.find(({ value }) => value > limit);
  return first === undefined ? [] : [{ atMs: first.atMs - beganMs, metric: name, value: first.value, limit }];
}
