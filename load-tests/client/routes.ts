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

/** For each route the refusals that the domain means: a caller who gets one has not failed. */
export const routes: Readonly<Record<RouteName, readonly string[]>> = {
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
