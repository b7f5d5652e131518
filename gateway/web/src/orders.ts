import type { Order } from '@stampede/contracts';
import { listOrders } from './api';
import { fill, h } from './dom';
import { eventOf } from './event-names';
import { day, moment, money, seats } from './format';
import { signedIn } from './gate';
import { TroubleSpot } from './notice';
import { pageIn, pager } from './pager';
import { untilAnswered } from './patience';
import type { Place } from './router';
import { endSession } from './session';
import { isSessionEnd } from './sign-in';
import { statusWords } from './status';

const PAGE_SIZE = 10;

/** The buyer's orders, newest first. */
export async function ordersPage(place: Place): Promise<void> {
  const { main, query, signal } = place;
  place.title('My orders');
  main.append(h('h1', {}, 'My orders'));
  if (!signedIn(place, 'Sign in to see your orders.')) return;
  const trouble = new TroubleSpot();
  const list = h('div', { 'aria-busy': 'true' }, h('p', { class: 'loading' }, 'Loading your orders…'));
  main.append(trouble.element, list);
  try {
    const found = await untilAnswered(() => listOrders(pageIn(query), PAGE_SIZE, signal), {
      signal,
      onWait: trouble.waiting,
    });
    trouble.clear();
    list.removeAttribute('aria-busy');
    if (found.items.length === 0) {
      fill(
        list,
        h('p', { class: 'empty' }, 'No orders yet. '),
        h('p', { class: 'actions' }, h('a', { href: '/', class: 'button' }, 'See all matches')),
      );
    } else {
      fill(
        list,
        h('ul', { class: 'rows' }, found.items.map(row)),
        pager(found, (page) => `/orders?page=${page}`),
      );
    }
  } catch (error) {
    if (signal.aborted) return;
    if (isSessionEnd(error)) return endSession();
    fill(list);
    trouble.problem(error);
  }
}

function row(order: Order): HTMLElement {
  const name = h('strong', {}, 'Match');
  const when = h('span');
  void eventOf(order.eventId).then((event) => {
    if (!event) return;
    name.textContent = event.name;
    when.textContent = `${day(event)}, ${event.venue.city}`;
  });
  const placedAt = order.timeline[0]?.at;
  const { words, tone } = statusWords(order.status);
  return h(
    'li',
    {},
    h(
      'a',
      { href: `/orders/${order.orderId}`, class: 'fixture ordered' },
      placedAt ? h('time', { datetime: placedAt }, moment(placedAt)) : h('span', {}),
      name,
      h(
        'span',
        { class: 'venue' },
        when,
        h('span', {}, `${seats(order.seats.length)}, ${money(order.total, order.currency)}`),
      ),
      h('span', { class: `state ${tone}` }, words),
    ),
  );
}
