import { api, route } from '@stampede/contracts';
import { z } from 'zod';

const Seat = z.strictObject({ section: z.string(), row: z.string(), number: z.int().min(1) });

/** What both servers of the benchmark serve: a small write, checked field by field, and a page of a list. */
export const benchApi = api('bench', {
  place: route({
    method: 'POST',
    path: '/events/{eventId}/orders',
    params: z.object({ eventId: z.uuid() }),
    body: z.strictObject({ holdId: z.uuid(), category: z.enum(['CAT1', 'CAT2']), seats: z.array(Seat).max(4) }),
    reply: z.object({ eventId: z.string(), holdId: z.string(), status: z.string(), seats: z.array(z.unknown()) }),
    status: 202,
    codes: [],
  }),
  list: route({
    method: 'GET',
    path: '/events',
    query: z.strictObject({ city: z.string().max(200), page: z.string().regex(/^\d+$/).transform(Number) }),
    reply: z.object({ items: z.array(z.unknown()), page: z.int(), total: z.int() }),
    status: 200,
    codes: [],
  }),
});

const ID = '0197f3d2-5b7a-4cc0-8f00-5d7d2a1b9c3e';
const seats = [1, 2, 3, 4].map((number) => ({ section: 'North 12', row: 'K', number }));
const order = JSON.stringify({ holdId: ID, category: 'CAT1', seats });

export const events = Array.from({ length: 20 }, (_, index) => ({
  ...{
    eventId: ID,
    name: `Match ${index}: Canada - Mexico`,
    startsAt: '2026-06-11T19:00:00Z',
    onSaleAt: '2026-01-01T00:00:00Z',
  },
  ...{ onSale: true, waitingRoom: false, venue: { name: 'Estadio Azteca', city: 'Mexico City', countryCode: 'MX' } },
}));

export interface Workload {
  readonly name: string;
  readonly status: number;
  /** The request as it goes over the wire. */
  readonly request: string;
}

const fixed = 'host: bench\r\naccept: application/json\r\nx-budget-ms: 2000\r\n';
export const workloads: readonly Workload[] = [
  {
    name: `a write of ${order.length} bytes`,
    status: 202,
    request:
      `POST /events/${ID}/orders HTTP/1.1\r\n${fixed}content-type: application/json\r\n` +
      `content-length: ${order.length}\r\n\r\n${order}`,
  },
  {
    name: `a page of ${events.length} events`,
    status: 200,
    request: `GET /events?city=Mexico%20City&page=3 HTTP/1.1\r\n${fixed}\r\n`,
  },
];
