import { Id, OrderEventData, orderEventTypes, type CloudEvent } from '@stampede/contracts';

/** What a buyer reads. Nothing of it is secret, and it holds no address. */
export interface Letter {
  readonly subject: string;
  readonly body: string;
}

export interface OrderEnded {
  readonly order: OrderEventData;
  readonly letter: Letter;
}

type EndType = keyof typeof WRITERS;

const REASONS: Readonly<Record<NonNullable<OrderEventData['failureCode']>, string>> = {
  card_declined: 'your card was declined',
  insufficient_funds: 'your card has too little money',
  hold_lost: 'your seats were no longer held',
  deadline_passed: 'it could not be finished in time',
};

const WRITERS = {
  [orderEventTypes.confirmed]: (order: OrderEventData): Letter => ({
    subject: `Your ${seats(order)}`,
    body: `You have ${seats(order)}, charged ${price(order)}. They are under "my orders", order ${order.orderId}.`,
  }),
  [orderEventTypes.declined]: (order: OrderEventData): Letter => ({
    subject: 'Your order was declined',
    body: `Order ${order.orderId} of ${seats(order)} was declined: ${reason(order)}. You were not charged.`,
  }),
  [orderEventTypes.cancelled]: (order: OrderEventData): Letter => ({
    subject: 'Your order was cancelled',
    body: `Order ${order.orderId} of ${seats(order)} was cancelled: ${reason(order)}. You were not charged.`,
  }),
  [orderEventTypes.refunded]: (order: OrderEventData): Letter => ({
    subject: 'Your order was refunded',
    body: `Order ${order.orderId} of ${seats(order)} was undone: ${reason(order)}. We have given back ${price(order)}.`,
  }),
};

/**
 * The letter that an order event asks for; undefined where it tells of no end, or is of a type that only later versions
 * know. Pure, and total for every event of the contract. @throws ZodError for one that breaks it
 */
export function letterOf(event: CloudEvent): OrderEnded | undefined {
  Id.parse(event.subject);
  if (!Object.hasOwn(WRITERS, event.type)) return undefined;
  const order = OrderEventData.parse(event.data);
  return { order, letter: WRITERS[event.type as EndType](order) };
}

function seats({ quantity, category }: OrderEventData): string {
  return `${quantity} ${quantity === 1 ? 'ticket' : 'tickets'} in ${category}`;
}

function reason({ failureCode }: OrderEventData): string {
  return failureCode === undefined ? 'the shop could not finish it' : REASONS[failureCode];
}

/** As the currency is written; not all have cents. */
function price({ total, currency }: OrderEventData): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  return format.format(total / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2)).replace('\u00a0', ' ');
}
