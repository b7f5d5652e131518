import type { EventSummary } from '@stampede/contracts';
import { listEvents, type PageOf } from './api';
import { cities } from './cities';
import { shopNow } from './clock';
import { announce, fill, h } from './dom';
import { count, day, moment, time } from './format';
import { TroubleSpot } from './notice';
import { pageIn, pager } from './pager';
import { untilAnswered } from './patience';
import { rewriteUrl, type Place } from './router';

const PAGE_SIZE = 20;

interface Filter {
  city: string;
  date: string;
  page: number;
}

/** All matches by day, filtered by city and date. The filter is the address, so it can be shared, reloaded and
 *  gone back to. */
export async function eventsPage(place: Place): Promise<void> {
  const { main, query, signal } = place;
  place.title('Matches');
  const filter: Filter = { city: query.get('city') ?? '', date: query.get('date') ?? '', page: pageIn(query) };
  const trouble = new TroubleSpot();
  const list = h('div', { class: 'fixtures', 'aria-busy': 'true' }, h('p', { class: 'loading' }, 'Loading matches…'));
  let latest = new AbortController();
  const load = async (): Promise<PageOf<EventSummary> | undefined> => {
    latest.abort();
    latest = new AbortController();
    const current = AbortSignal.any([signal, latest.signal]);
    list.setAttribute('aria-busy', 'true');
    try {
      const found = await untilAnswered(() => listEvents(queryOf(filter), current), {
        signal: current,
        onWait: trouble.waiting,
      });
      trouble.clear();
      fill(
        list,
        fixtures(found),
        pager(found, (page) => urlOf({ ...filter, page })),
      );
      list.removeAttribute('aria-busy');
      return found;
    } catch (error) {
      if (!current.aborted) trouble.problem(error, h('a', { href: '/', class: 'button' }, 'Show all matches'));
      return undefined;
    }
  };
  const change = async (changed: Partial<Filter>) => {
    Object.assign(filter, changed, { page: 1 });
    rewriteUrl(urlOf(filter), { replace: false });
    const found = await load();
    if (found) announce(found.total === 1 ? '1 match' : `${count(found.total)} matches`);
  };
  main.append(
    h('h1', {}, 'Matches'),
    filterForm(filter, (changed) => void change(changed)),
    trouble.element,
    list,
  );
  await load();
}

function queryOf(filter: Filter): Record<string, string> {
  return {
    ...(filter.city ? { city: filter.city } : {}),
    ...(filter.date ? { date: filter.date } : {}),
    page: String(filter.page),
    pageSize: String(PAGE_SIZE),
  };
}

function urlOf({ city, date, page }: Filter): string {
  const query = new URLSearchParams({
    ...(city ? { city } : {}),
    ...(date ? { date } : {}),
    ...(page > 1 ? { page: String(page) } : {}),
  });
  return query.size > 0 ? `/?${query}` : '/';
}

function filterForm(filter: Filter, change: (changed: Partial<Filter>) => void): HTMLElement {
  const city = h('select', { id: 'city', name: 'city', change: () => change({ city: city.value }) });
  const offer = (names: string[]) => {
    const all = filter.city && !names.includes(filter.city) ? [filter.city, ...names] : names;
    const options = all.map((name) => h('option', { value: name, selected: name === filter.city }, name));
    fill(city, h('option', { value: '' }, 'All cities'), options);
  };
  offer([]);
  void cities().then(offer);
  const date = h('input', {
    id: 'date',
    name: 'date',
    type: 'date',
    value: filter.date,
    change: () => change({ date: date.value }),
  });
  const clear = () => {
    city.value = '';
    date.value = '';
    change({ city: '', date: '' });
  };
  const form = h(
    'form',
    { class: 'filters', role: 'search', 'aria-label': 'Matches', submit: (event) => event.preventDefault() },
    h('div', { class: 'field' }, h('label', { for: 'city' }, 'City'), city),
    h('div', { class: 'field' }, h('label', { for: 'date' }, 'Date'), date),
    h('button', { type: 'button', class: 'quiet', click: clear }, 'Clear'),
  );
  return form;
}

function fixtures(found: PageOf<EventSummary>): HTMLElement[] {
  if (found.items.length === 0) {
    return [h('p', { class: 'empty' }, 'No match fits. Choose another city or date.')];
  }
  const days = new Map<string, EventSummary[]>();
  for (const event of found.items) days.set(day(event), [...(days.get(day(event)) ?? []), event]);
  return [...days].map(([name, events], index) => {
    const id = `day-${index}`;
    return h(
      'section',
      { 'aria-labelledby': id },
      h('h2', { id }, name),
      h('ul', { class: 'rows' }, events.map(fixture)),
    );
  });
}

function fixture(event: EventSummary): HTMLElement {
  return h(
    'li',
    {},
    h(
      'a',
      { href: `/events/${event.eventId}`, class: 'fixture' },
      h('time', { datetime: event.startsAt }, time(event)),
      h('strong', {}, event.name),
      h('span', { class: 'venue' }, `${event.venue.name}, ${event.venue.city}`),
      saleState(event),
    ),
  );
}

function saleState(event: EventSummary): HTMLElement {
  if (Date.parse(event.onSaleAt) > shopNow()) return h('span', { class: 'state' }, `On sale ${moment(event.onSaleAt)}`);
  if (!event.onSale) return h('span', { class: 'state' }, 'Sale closed');
  return h('span', { class: 'state on' }, event.waitingRoom ? 'Waiting room' : 'On sale');
}
