import { api, route } from '@stampede/contracts';
import { z } from 'zod';

/**
 * What both servers of the benchmark serve: a body of some weight, checked field by field, and a reply of the same
 * size.
 */
export const benchApi = api('bench', {
  place: route({
    method: 'POST',
    path: '/events/{eventId}/orders',
    params: z.object({ eventId: z.uuid() }),
    body: z.strictObject({
      holdId: z.uuid(),
      category: z.enum(['CAT1', 'CAT2']),
      seats: z.array(z.strictObject({ section: z.string(), row: z.string(), number: z.int().min(1) })).max(4),
    }),
    reply: z.object({ eventId: z.string(), holdId: z.string(), status: z.string(), seats: z.array(z.unknown()) }),
    status: 202,
    codes: [],
  }),
});

const ID = '0197f3d2-5b7a-4cc0-8f00-5d7d2a1b9c3e';
const SEATS = [1, 2, 3, 4].map((number) => ({ section: 'North 12', row: 'K', number }));
export const PATH = `/events/${ID}/orders`;
export const BODY = JSON.stringify({ holdId: ID, category: 'CAT1', seats: SEATS });
