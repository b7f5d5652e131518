const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;

/** Minutes east of UTC, of a fixture's `UTC-7` or `UTC+5:30`. @throws Error for another form. */
export function offsetMinutes(zone: string): number {
  const match = /^UTC([+-])(\d{1,2})(?::(\d{2}))?$/.exec(zone);
  if (match === null) throw new Error(`${zone} is no offset from UTC`);
  const minutes = Number(match[2]) * HOUR_MINUTES + Number(match[3] ?? 0);
  return match[1] === '-' ? -minutes : minutes;
}

/** The day (YYYY-MM-DD) of an instant on a clock that many minutes east of UTC. */
export function localDate(instant: Date, minutesEast: number): string {
  return new Date(instant.getTime() + minutesEast * MINUTE_MS).toISOString().slice(0, 10);
}

/** The instant of a clock face `2026-06-11` `13:00` that many minutes east of UTC. */
export function instantOf(date: string, clock: string, minutesEast: number): Date {
  return new Date(Date.parse(`${date}T${clock}:00Z`) - minutesEast * MINUTE_MS);
}
