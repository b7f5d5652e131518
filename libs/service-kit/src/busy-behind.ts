/** On the answer of a service that has more to do than it can do at once. */
export const BUSY_HEADER = 'x-busy';

/** Answers come often where there is load; what was told longer ago is over. */
const FRESH_MS = 200;

let toldAtMs = -Infinity;

/** Reads what an answer of a peer tells of the peer. */
export function noteBusy(headers: Readonly<Record<string, string | string[] | undefined>>): void {
  if (headers[BUSY_HEADER] !== undefined) toldAtMs = performance.now();
}

/**
 * Whether a peer of this process has just told that it is busy. A process that comes first on its processor is never
 * late itself, so that it must be told how those behind it are.
 */
export function isBusyBehind(): boolean {
  return performance.now() - toldAtMs < FRESH_MS;
}
