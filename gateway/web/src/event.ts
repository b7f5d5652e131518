import { admission, forgetAdmission } from './admission';
import { holdSeats, readEvent, type EventDetails } from './api';
import { shopNow } from './clock';
import { fill, h, setBusy } from './dom';
import { day, moment, money, seats, time } from './format';
import { endHoldAttempt, keepHold, openHolds, startHoldAttempt, unansweredHoldAttempt } from './holds';
import { ShopProblem } from './http';
import { notice, TroubleSpot } from './notice';
import { Offers, quantityField, type Choice } from './offers';
import { poll, untilAnswered } from './patience';
import { navigate, rewriteUrl, type Place } from './router';
import { asBuyer, SignInDeclined } from './sign-in';
import { stadium } from './stadium';
import { explainDegraded } from './words';

const AVAILABILITY_EVERY_MS = 3_000;

/** One match: what is left, live, and the way to hold seats. The choice is in the address; a request that got no
 *  answer is sent again after a reload. */
export function eventPage(place: Place): void {
  const { main, parameters, signal } = place;
  const eventId = parameters['eventId'] ?? '';
  const view = new EventView(eventId, place);
  // Of its own: what is live again must not take away why a hold was refused.
  const staleness = new TroubleSpot();
  main.append(view.heading, view.trouble.element, staleness.element, view.body);
  place.title('Match');
  const look = async () => {
    view.draw(await readEvent(eventId, signal));
    staleness.clear();
  };
  const onTrouble: typeof staleness.waiting = (wait) => {
    if (!view.holding) staleness.waiting(wait);
  };
  void poll(look, { everyMs: AVAILABILITY_EVERY_MS, signal, onTrouble }).catch((error: unknown) => {
    if (!signal.aborted) staleness.problem(error, h('a', { href: '/', class: 'button' }, 'See all matches'));
  });
}

class EventView {
  readonly heading = h('h1', {}, 'Match');
  readonly trouble = new TroubleSpot();
  readonly body = h('div', { class: 'event' }, h('p', { class: 'loading' }, 'Loading…'));
  holding = false;
  private readonly choice: Choice;
  private readonly bowl = stadium();
  private readonly offers: Offers;
  private readonly degraded = h('div', { class: 'degraded', role: 'status' });
  private readonly sale = h('div', { class: 'sale' });
  private readonly sum = h('p', { class: 'sum' });
  private readonly button = h('button', { type: 'submit', class: 'primary' }, 'Hold seats');
  private event: EventDetails | undefined;
  private drawnSale = '';

  constructor(
    private readonly eventId: string,
    private readonly place: Place,
  ) {
    const quantity = Number(place.query.get('quantity') ?? 2);
    const category = place.query.get('category') ?? '';
    const known = /^CAT[1-4]$/.test(category) ? (category as Choice['category']) : undefined;
    this.choice = { category: known, quantity: quantity >= 1 && quantity <= 4 ? Math.trunc(quantity) : 2 };
    this.offers = new Offers(this.choice, () => this.onChoice());
    this.bowl.choose(known);
  }

  draw(event: EventDetails): void {
    const first = this.event === undefined;
    this.event = event;
    this.heading.textContent = event.name;
    if (first) {
      this.place.title(event.waitingRoom && admission(this.eventId) ? `Your turn: ${event.name}` : event.name);
      fill(
        this.body,
        this.facts(event),
        h('div', { class: 'event-columns' }, this.bowl.element, h('div', {}, this.degraded, this.sale)),
      );
    }
    this.offers.update(event.categories);
    const degradedWords = explainDegraded(event.degraded);
    if (this.degraded.textContent !== degradedWords)
      fill(this.degraded, degradedWords && h('p', { class: 'notice info' }, degradedWords));
    this.drawSale(event);
    this.drawSum();
    const unanswered = first && unansweredHoldAttempt(this.eventId);
    if (unanswered) {
      Object.assign(this.choice, { category: unanswered.category, quantity: unanswered.quantity });
      void this.hold();
    }
  }

  private facts(event: EventDetails): HTMLElement {
    return h(
      'p',
      { class: 'facts' },
      h('time', { datetime: event.startsAt }, `${day(event)}, ${time(event)}`),
      h('span', {}, `${event.venue.name}, ${event.venue.city}`),
    );
  }

  /** Rebuilt only when the state of the sale changes: a poll must not take the focus away. */
  private drawSale(event: EventDetails): void {
    const state = this.saleState(event);
    if (state === this.drawnSale) return;
    this.drawnSale = state;
    const held = openHolds().find(({ hold }) => hold.eventId === this.eventId);
    const reminder = held
      ? notice(
          'info',
          {
            title: 'You already hold seats here',
            text: `${seats(held.hold.seats.length)} are waiting for you at the checkout.`,
          },
          h('a', { href: `/checkout/${held.hold.holdId}`, class: 'button' }, 'Go to checkout'),
        )
      : null;
    const ways: Record<string, () => (HTMLElement | null)[]> = {
      closed: () => [
        notice('info', { title: 'The sale is closed', text: 'This match has started, is over, or is not for sale.' }),
      ],
      early: () => [
        notice('info', {
          title: `On sale ${moment(event.onSaleAt)}`,
          text: 'Leave this page open; it opens by itself.',
        }),
      ],
      queue: () => [this.offersOnly(), this.queueLink()],
      open: () => [this.form()],
    };
    fill(this.sale, reminder, ways[state]?.() ?? null);
  }

  private saleState(event: EventDetails): string {
    if (!event.onSale) return Date.parse(event.onSaleAt) > shopNow() ? 'early' : 'closed';
    return event.waitingRoom && !admission(this.eventId) ? 'queue' : 'open';
  }

  private offersOnly(): HTMLElement {
    return h('div', {}, this.offers.element);
  }

  private queueLink(): HTMLElement {
    return notice(
      'info',
      {
        title: 'This match has a waiting room',
        text: 'Buyers are let in one after another, by order of arrival. Then you have ten minutes to hold seats.',
      },
      h(
        'a',
        { href: `/events/${this.eventId}/queue${location.search}`, class: 'button primary' },
        'Join the waiting room',
      ),
    );
  }

  private form(): HTMLElement {
    const submit = (event: Event) => {
      event.preventDefault();
      void this.hold();
    };
    return h(
      'form',
      { class: 'stack', submit },
      this.event?.waitingRoom &&
        notice('good', { title: 'You are in', text: 'It is your turn. You have ten minutes to hold seats.' }),
      this.offers.element,
      quantityField(this.choice, () => this.onChoice()),
      this.sum,
      this.button,
      h('p', { class: 'hint' }, 'Held seats are yours for two minutes. Nothing is charged before you pay.'),
    );
  }

  private onChoice(): void {
    const { category, quantity } = this.choice;
    const query = new URLSearchParams({ ...(category ? { category } : {}), quantity: String(quantity) });
    rewriteUrl(`/events/${this.eventId}?${query}`);
    this.bowl.choose(category);
    this.drawSum();
  }

  private drawSum(): void {
    const price = this.event?.categories.find(({ category }) => category === this.choice.category)?.price;
    const { quantity } = this.choice;
    const sum = price && money(price.amount * quantity, price.currency);
    this.sum.textContent = sum ? `${seats(quantity)}: ${sum} before fees and tax` : '';
    if (!this.holding) this.button.textContent = `Hold ${seats(quantity)}`;
  }

  private async hold(): Promise<void> {
    const { category, quantity } = this.choice;
    if (this.holding || !category || !this.event) return;
    const { signal } = this.place;
    this.working(true);
    try {
      const hold = await asBuyer(() => {
        const attempt =
          unansweredHoldAttempt(this.eventId) ?? startHoldAttempt({ eventId: this.eventId, category, quantity });
        const request = { eventId: attempt.eventId, category: attempt.category, quantity: attempt.quantity };
        const send = () => holdSeats(request, attempt.key, admission(this.eventId)?.token, signal);
        return untilAnswered(send, { signal, onWait: this.trouble.waiting });
      });
      keepHold(hold, this.event);
      endHoldAttempt(this.eventId);
      navigate(`/checkout/${hold.holdId}`);
    } catch (error) {
      if (!signal.aborted) this.notHeld(error);
    }
  }

  private notHeld(error: unknown): void {
    this.working(false);
    if (error instanceof SignInDeclined) return this.trouble.clear();
    endHoldAttempt(this.eventId); // a final answer: the next attempt is another one
    const code = error instanceof ShopProblem ? error.code : '';
    if (code === 'not_admitted') {
      forgetAdmission(this.eventId);
      this.trouble.problem(
        error,
        h('a', { href: `/events/${this.eventId}/queue${location.search}`, class: 'button' }, 'Join the waiting room'),
      );
    } else {
      this.trouble.problem(
        error,
        code === 'purchase_limit' && h('a', { href: '/orders', class: 'button' }, 'My orders'),
      );
    }
  }

  private working(holding: boolean): void {
    this.holding = holding;
    setBusy(this.button, holding);
    if (holding) {
      this.trouble.clear();
      this.button.textContent = 'Holding your seats…';
    } else {
      this.drawSum();
    }
  }
}
