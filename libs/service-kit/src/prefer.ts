/** A wait above this counts as this. */
const LONGEST_WAIT_SECONDS = 10;

/**
 * Seconds of `Prefer: wait=N`; undefined where the header is missing, malformed or asks for no wait. @see RFC 7240,
 * section 4.3
 */
export function preferredWaitSeconds(header: string | readonly string[] | undefined): number | undefined {
  const preferences = (typeof header === 'string' ? header : (header ?? []).join(',')).split(',');
  for (const preference of preferences) {
    const match = /^\s*wait\s*=\s*"?(\d+)"?\s*(;.*)?$/i.exec(preference);
    if (match === null) continue; // the first of several counts, RFC 7240, section 2
    const seconds = Math.min(Number(match[1]), LONGEST_WAIT_SECONDS);
    return seconds > 0 ? seconds : undefined;
  }
  return undefined;
}
