import type { Order } from '@stampede/contracts';
import { announce, fill, h } from './dom';
import { eventOf } from './event-names';
import { followOrder, isTerminal } from './follow-order';
import { day, money, seatName, seats, time } from './format';
import { signedIn } from './gate';
import { notice, TroubleSpot } from './notice';
import { progress } from './progress';
import type { Place } from './router';
import { endSession } from './session';
import { isSessionEnd } from './sign-in';
import { statusWords } from './status';
import { ticketList } from './ticket';
import { explainFailure } from './words';

/** One order, live until it is settled; then its tickets, or why there are none. */
export function orderPage(place: Place): void {
  const { main, parameters, signal } = place;
  const orderId = parameters['orderId'] ?? '';
  place.title('Your order');
  main.append(h('h1', {}, 'Your order'));
  if (!signedIn(place, 'Sign in with the e-mail address you ordered with.')) return;
  const view = new OrderView();
  main.append(view.trouble.element, view.element);
  const onOrder = (order: Order) => {
    view.trouble.clear();
    view.draw(order);
  };
  void followOrder(orderId, { signal, onOrder, onTrouble: view.trouble.waiting }).catch((error: unknown) => {
    if (signal.aborted) return;
    if (isSessionEnd(error)) return endSession();
    fill(view.element);
    view.trouble.problem(error, h('a', { href: '/orders', class: 'button' }, 'My orders'));
  });
}

class OrderView {
  readonly trouble = new TroubleSpot();
  private readonly match = h('p', { class: 'facts' });
  private readonly status = h('p', { class: 'order-status' });
  private readonly outcome = h('div', {});
  private readonly steps = h('div', { class: 'steps' });
  private readonly tickets = h('div', {});
  private readonly facts = h('div', { class: 'order-facts' });
  readonly element = h('div', { class: 'order' }, h('p', { class: 'loading' }, 'Loading your order…'));
  private drawn: string | undefined;

  draw(order: Order): void {
    const first = this.drawn === undefined;
    const present = JSON.stringify(order);
    if (present === this.drawn) return;
    this.drawn = present;
    if (first) {
      fill(this.element, this.match, this.status, this.outcome, this.tickets, this.steps, this.facts);
      void this.drawMatch(order);
    }
    const { words, tone } = statusWords(order.status);
    fill(
      this.status,
      h('span', { class: `state ${tone}` }, words),
      h('span', {}, `${seats(order.seats.length)}, ${money(order.total, order.currency)}`),
    );
    const { element, spoken } = progress(order);
    fill(this.steps, element);
    if (!first) announce(isTerminal(order) ? `Order ${words.toLowerCase()}` : spoken);
    fill(this.facts, facts(order));
    if (isTerminal(order)) this.settle(order);
    else
      fill(
        this.outcome,
        h(
          'p',
          { class: 'hint' },
          'You can leave or reload this page; the order goes on and you will find it under “My orders”.',
        ),
      );
  }

  private settle(order: Order): void {
    if (order.status === 'confirmed') {
      fill(this.outcome);
      fill(this.tickets, ticketList(order, eventOf(order.eventId)));
      return;
    }
    const words = explainFailure(order.failure);
    const refunded = order.status === 'refunded' ? ' What was charged has been returned.' : '';
    const again = `/events/${order.eventId}?quantity=${order.seats.length}`;
    fill(
      this.outcome,
      notice(
        'problem',
        { title: words.title, text: words.text + refunded },
        h('a', { href: again, class: 'button primary' }, 'Choose seats again'),
      ),
    );
  }

  private async drawMatch(order: Order): Promise<void> {
    const event = await eventOf(order.eventId);
    if (!event) return;
    fill(
      this.match,
      h('a', { href: `/events/${event.eventId}` }, event.name),
      h('span', {}, `${day(event)}, ${time(event)}`),
      h('span', {}, `${event.venue.name}, ${event.venue.city}`),
    );
  }
}

function facts(order: Order): HTMLElement {
  return h(
    'details',
    {},
    h('summary', {}, 'Seats and order number'),
    h(
      'ul',
      { class: 'seats' },
      order.seats.map((seat) => h('li', {}, seatName(seat))),
    ),
    h('p', { class: 'code' }, order.orderId),
  );
}
