import type { EventSummary } from '@stampede/contracts';
import { readEvent } from './api';

const known = new Map<string, Promise<EventSummary>>();

/** What match an order is for: orders carry its id only. Asked for once a visit; undefined when it cannot be had
 *  now. */
export async function eventOf(eventId: string): Promise<EventSummary | undefined> {
  const asked = known.get(eventId) ?? readEvent(eventId, new AbortController().signal);
  known.set(eventId, asked);
  try {
    return await asked;
  } catch {
    known.delete(eventId);
    return undefined;
  }
}
