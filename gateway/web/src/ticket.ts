import type { EventSummary, Order, Ticket } from '@stampede/contracts';
import { fill, h, svg } from './dom';
import { day, time } from './format';

/** The tickets of a confirmed order, each with its code to scan and the same code to read out. */
export function ticketList(order: Order, event: Promise<EventSummary | undefined>): HTMLElement {
  const list = h('ul', { class: 'tickets' });
  void event.then((found) =>
    fill(
      list,
      order.tickets.map((ticket) => h('li', {}, ticketCard(ticket, found))),
    ),
  );
  const print = () => window.print();
  return h(
    'section',
    { 'aria-labelledby': 'tickets-heading' },
    h(
      'div',
      { class: 'tickets-head' },
      h('h2', { id: 'tickets-heading' }, 'Your tickets'),
      h('button', { type: 'button', class: 'quiet', click: print }, 'Print'),
    ),
    list,
  );
}

function ticketCard(ticket: Ticket, event: EventSummary | undefined): HTMLElement {
  const code = h('div', { class: 'qr' });
  void drawCode(code, ticket);
  const fact = (name: string, value: string | number) => h('div', {}, h('dt', {}, name), h('dd', {}, value));
  return h(
    'article',
    { class: 'ticket', 'aria-label': `Ticket for seat ${ticket.seat.number}` },
    h(
      'div',
      { class: 'ticket-body' },
      h('h3', {}, event?.name ?? 'Ticket'),
      event &&
        h(
          'p',
          { class: 'facts' },
          h('span', {}, `${day(event)}, ${time(event)}`),
          h('span', {}, `${event.venue.name}, ${event.venue.city}`),
        ),
      h(
        'dl',
        { class: 'seat' },
        fact('Section', ticket.seat.section),
        fact('Row', ticket.seat.row),
        fact('Seat', ticket.seat.number),
      ),
    ),
    h('div', { class: 'ticket-stub' }, code, h('p', { class: 'code' }, ticket.code)),
  );
}

const QUIET_ZONE = 4; // modules of white around the code, as ISO/IEC 18004 wants

/** The encoder comes only when there is something to encode: it weighs as much as the shop itself. */
async function drawCode(place: HTMLElement, ticket: Ticket): Promise<void> {
  try {
    const { encode } = await import('uqr');
    const { data, size } = encode(ticket.code, { ecc: 'M', border: QUIET_ZONE });
    const path = data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('')).join('');
    const label = `QR code of ticket ${ticket.code}`;
    fill(
      place,
      svg(
        'svg',
        { viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
        svg('path', { d: path }),
      ),
    );
  } catch {
    fill(place, h('p', {}, 'The picture of the code could not be loaded. The code below counts as well.'));
  }
}
