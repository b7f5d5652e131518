import type { EventSummary } from '@stampede/contracts';
import { listEvents } from './api';

const PAGE_SIZE = 100;
const MOST_PAGES = 3; // a tournament has two; more would cost the shop more than the convenience is worth
let found: Promise<string[]> | undefined;

/** The cities there are matches in, in order; asked for once a visit. Empty when the shop does not answer: the
 *  filter works without. */
export function cities(): Promise<string[]> {
  found ??= collect().catch(() => {
    found = undefined;
    return [];
  });
  return found;
}

async function collect(): Promise<string[]> {
  const { signal } = new AbortController();
  const names = new Set<string>();
  for (let page = 1, pages = 1; page <= Math.min(pages, MOST_PAGES); page += 1) {
    const list = await listEvents({ page: String(page), pageSize: String(PAGE_SIZE) }, signal);
    pages = Math.ceil(list.total / PAGE_SIZE);
    list.items.forEach((event: EventSummary) => names.add(event.venue.city));
  }
  return [...names].sort((a, b) => a.localeCompare(b));
}
