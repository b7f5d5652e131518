import type { Hold, Order } from '@stampede/contracts';
import { listOrders, placeOrder, releaseHold } from './api';
import { shopNow } from './clock';
import { countdown } from './countdown';
import { fill, h, setBusy } from './dom';
import { categoryName, day, money, seatName, seats, time } from './format';
import { amendHold, forgetHold, heldSeats, newKey, type HeldSeats } from './holds';
import { ShopProblem } from './http';
import { notice, TroubleSpot } from './notice';
import { untilAnswered } from './patience';
import { paymentField } from './payment';
import { navigate, type Place } from './router';
import { session } from './session';
import { asBuyer, SignInDeclined } from './sign-in';

const HOLD_MS = 120_000;

/** Pays for a hold: one Idempotency-Key per checkout, kept over reloads and sent again until it is answered, so it
 *  is one order whatever gets lost. */
export function checkoutPage(place: Place): void {
  const { main, parameters } = place;
  const held = heldSeats(parameters['holdId'] ?? '');
  place.title('Checkout');
  main.append(h('h1', {}, 'Checkout'));
  if (!held) {
    const words = {
      title: 'These seats are not known in this browser',
      text: 'A hold lives in the browser that made it, for two minutes. If you paid, the order is under “My orders”.',
    };
    main.append(notice('info', words, link('/orders', 'My orders'), link('/', 'See all matches')));
  } else if (held.orderId) {
    navigate(`/orders/${held.orderId}`, { replace: true });
  } else if (session() && session()?.buyerId !== held.buyerId) {
    const words = {
      title: 'These seats are held by another account',
      text: 'Sign in with the e-mail address that held them.',
    };
    main.append(notice('info', words, link('/', 'See all matches')));
  } else {
    new Checkout(held, place).open();
  }
}

class Checkout {
  private readonly trouble = new TroubleSpot();
  private readonly button = h('button', { type: 'submit', class: 'primary' });
  private readonly payment;
  private readonly body = h('div', { class: 'checkout' });
  private paying = false;

  constructor(
    private held: HeldSeats,
    private readonly place: Place,
  ) {
    this.payment = paymentField(held.attempt?.paymentToken);
  }

  open(): void {
    this.place.main.append(this.body);
    if (this.expired && !this.held.attempt) return this.showExpired();
    this.drawForm();
    if (this.held.attempt) void this.pay(); // sent before a reload, not answered yet
  }

  private get expired(): boolean {
    return Date.parse(this.held.hold.expiresAt) <= shopNow();
  }

  private drawForm(): void {
    const { hold } = this.held;
    const submit = (event: Event) => {
      event.preventDefault();
      void this.pay();
    };
    const form = h(
      'form',
      { class: 'stack', submit },
      this.payment.element,
      h('p', { class: 'hint' }, 'This is a demo: no real card is asked for and no real money moves.'),
      this.trouble.element,
      h(
        'p',
        { class: 'actions' },
        this.button,
        h('button', { type: 'button', class: 'quiet', click: () => void this.release() }, 'Give the seats back'),
      ),
    );
    const timer = countdown({
      until: hold.expiresAt,
      lengthMs: HOLD_MS,
      label: 'Seats held for',
      signal: this.place.signal,
      onEnd: () => {
        if (!this.paying) this.showExpired();
      },
    });
    fill(
      this.body,
      h('div', { class: 'checkout-columns' }, h('div', { class: 'timer' }, timer), form, summary(this.held)),
    );
    this.working(false);
  }

  private async pay(): Promise<void> {
    if (this.paying) return;
    const { signal } = this.place;
    const { holdId } = this.held.hold;
    this.working(true);
    try {
      const order = await asBuyer(() => {
        const attempt = heldSeats(holdId)?.attempt ?? { key: newKey(), paymentToken: this.payment.token() };
        amendHold(holdId, { attempt }); // before the first byte leaves
        const request = { holdId, paymentToken: attempt.paymentToken };
        return untilAnswered(() => placeOrder(request, attempt.key, signal), { signal, onWait: this.trouble.waiting });
      });
      this.goToOrder(order);
    } catch (error) {
      if (!signal.aborted) await this.notPlaced(error);
    }
  }

  private goToOrder(order: Order): void {
    amendHold(order.holdId, { orderId: order.orderId });
    navigate(`/orders/${order.orderId}`, { replace: true });
  }

  private async notPlaced(error: unknown): Promise<void> {
    this.working(false);
    if (error instanceof SignInDeclined) {
      const words = { title: 'Sign in to pay', text: 'The seats stay held until the time runs out.' };
      return this.trouble.show('info', words);
    }
    amendHold(this.held.hold.holdId, { attempt: undefined }); // a final answer: nothing is under way any more
    const code = error instanceof ShopProblem ? error.code : '';
    if (code === 'hold_expired') return this.showExpired();
    if (code === 'hold_used' || code === 'idempotency_conflict') {
      const order = await this.orderOfHold();
      if (order) return this.goToOrder(order);
    }
    this.trouble.problem(error, link('/orders', 'My orders'));
  }

  /** The order that another tab or device made of this hold. */
  private async orderOfHold(): Promise<Order | undefined> {
    const { signal } = this.place;
    const recent = await untilAnswered(() => listOrders(1, 20, signal), { signal, onWait: this.trouble.waiting });
    return recent.items.find((order) => order.holdId === this.held.hold.holdId);
  }

  private async release(): Promise<void> {
    const { holdId } = this.held.hold;
    const { signal } = this.place;
    if (this.paying) return;
    this.working(true, 'Giving the seats back…');
    try {
      await asBuyer(() => untilAnswered(() => releaseHold(holdId, signal), { signal, onWait: this.trouble.waiting }));
      forgetHold(holdId);
      navigate(this.backUrl(), { replace: true });
    } catch (error) {
      if (!signal.aborted) await this.notPlaced(error);
    }
  }

  private showExpired(): void {
    const words = { title: 'Your time ran out', text: 'The seats went back on sale. Nothing was charged.' };
    forgetHold(this.held.hold.holdId);
    fill(
      this.body,
      notice('problem', words, h('a', { href: this.backUrl(), class: 'button primary' }, 'Choose seats again')),
    );
  }

  private backUrl(): string {
    const { eventId, category, seats: held } = this.held.hold;
    return `/events/${eventId}?category=${category}&quantity=${held.length}`;
  }

  private working(paying: boolean, words = 'Placing your order…'): void {
    const { total, currency } = this.held.hold.quote;
    this.paying = paying;
    if (paying) this.trouble.clear();
    setBusy(this.button, paying);
    // The choice is part of what the key stands for, so it is fixed until the attempt is answered.
    this.payment.element.disabled = paying || heldSeats(this.held.hold.holdId)?.attempt !== undefined;
    this.button.textContent = paying ? words : `Pay ${money(total, currency)}`;
  }
}

function summary({ hold, event }: HeldSeats): HTMLElement {
  return h(
    'aside',
    { class: 'summary', 'aria-labelledby': 'summary-heading' },
    h('h2', { id: 'summary-heading' }, event.name),
    h(
      'p',
      { class: 'facts' },
      h('span', {}, `${day(event)}, ${time(event)}`),
      h('span', {}, `${event.venue.name}, ${event.venue.city}`),
    ),
    h('h3', {}, `${categoryName(hold.category)}, ${seats(hold.seats.length)}`),
    h(
      'ul',
      { class: 'seats' },
      hold.seats.map((seat) => h('li', {}, seatName(seat))),
    ),
    quoteLines(hold.quote),
  );
}

function quoteLines({ subtotal, fees, tax, total, currency }: Hold['quote']): HTMLElement {
  const line = (name: string, amount: number, emphasis = '') =>
    h('div', { class: emphasis }, h('dt', {}, name), h('dd', {}, money(amount, currency)));
  return h(
    'dl',
    { class: 'quote' },
    line('Tickets', subtotal),
    line('Fees', fees),
    line('Tax', tax),
    line('Total', total, 'total'),
  );
}

function link(href: string, words: string): HTMLElement {
  return h('a', { href, class: 'button' }, words);
}
