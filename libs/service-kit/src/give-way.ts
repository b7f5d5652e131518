import type { IncomingHttpHeaders } from 'node:http';

/** On a call of a process that has just refused somebody: what nobody waits for should give way. */
export const GIVE_WAY_HEADER = 'x-give-way';

/** Refusals come in crowds; half a second after the last one the crowd is over. */
const REFUSING_MS = 500;
/** Under load calls come often, and each of them tells. */
const TOLD_MS = 1_000;

let refusedAtMs = -Infinity;
let toldAtMs = -Infinity;

/** This process has refused a request because there were too many. */
export function noteRefusal(): void {
  refusedAtMs = performance.now();
}

/** What a call tells whom it calls; nothing, as long as nobody is refused. */
export function giveWayHeader(): Readonly<Record<string, string>> {
  return isRefusing() ? TOLD : NOTHING;
}

function isRefusing(): boolean {
  return performance.now() - refusedAtMs < REFUSING_MS;
}

const TOLD = { [GIVE_WAY_HEADER]: '1' };
const NOTHING = {};

/** Reads what a caller tells; to be called only where callers are trusted. */
export function noteGiveWay(headers: IncomingHttpHeaders): void {
  if (headers[GIVE_WAY_HEADER] !== undefined) toldAtMs = performance.now();
}

/** Whether buyers are being refused, here or by a caller that has just told it. */
export function mustGiveWay(): boolean {
  return isRefusing() || performance.now() - toldAtMs < TOLD_MS;
}
