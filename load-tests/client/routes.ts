import { client } from './settings.ts';

export type RouteName =
  | 'sign-in'
  | 'event-list'
  | 'event-page'
  | 'new-event'
  | 'queue'
  | 'hold'
  | 'place-order'
  | 'order'
  | 'stream';

/** For each route the refusals that the domain can mean. */
const refusals: Readonly<Record<RouteName, readonly string[]>> = {
  'sign-in': [],
  'event-list': [],
  'event-page': [],
  'new-event': [],
  queue: [],
  hold: ['sold_out', 'purchase_limit', 'not_on_sale', 'sale_closed', 'not_admitted'],
  // hold_used is none of them: nobody else has that hold, so it would mean that the order's key was lost
  'place-order': ['hold_expired'],
  order: [],
  stream: [],
};

/**
 * For each route the refusals after which a caller has not failed: those that the claim expects, by its setting
 * `stands`. Where there are seats enough `sold_out` is wrong, and a hold that has expired before its time is as well.
 */
export const routes: Readonly<Record<RouteName, readonly string[]>> = expected(client.stands.split(','));

function expected(codes: readonly string[]): Record<RouteName, readonly string[]> {
  const known = Object.values(refusals).flat();
  const wrong = codes.find((code) => code !== '' && !known.includes(code));
  if (wrong !== undefined) throw new Error(`stands: "${wrong}" is none of ${known.join(', ')}`);
  const entries = Object.entries(refusals).map(([route, all]) => [route, all.filter((code) => codes.includes(code))]);
  return Object.fromEntries(entries) as Record<RouteName, readonly string[]>;
}
