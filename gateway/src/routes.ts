import { publicRoutes, type PublicOperation, type PublicRoute } from '@stampede/contracts';
import type { Priority } from '@stampede/resilience';

/** Services whose answer is a route's answer: the gateway passes it on. */
export type ForwardedPeer = 'catalog' | 'inventory' | 'orders' | 'audit';

/** What the gateway decides of one public route; who may call it and whether it is keyed stands in the contract. */
export interface RouteRow {
  readonly operation: PublicOperation;
  readonly route: PublicRoute;
  /** Named where the route is passed on to a service as it is. */
  readonly peer?: ForwardedPeer;
  /** `critical` is shed last: the way from a seat to a ticket. */
  readonly priority: Priority;
  /** The whole time of a request; with `Prefer: wait=N` N seconds more. */
  readonly budgetMs: number;
}

type Decision = Omit<RouteRow, 'operation' | 'route'>;

/** A stream lasts as long as its order; its first answer is soon there. */
const STREAM_MS = 60_000;
/** The audit reads every store. */
const AUDIT_MS = 60_000;

const decisions: Readonly<Record<PublicOperation, Decision>> = {
  signIn: { priority: 'critical', budgetMs: 2_000 },
  listEvents: { peer: 'catalog', priority: 'normal', budgetMs: 2_000 },
  readEvent: { priority: 'normal', budgetMs: 2_000 },
  createEvent: { priority: 'normal', budgetMs: 5_000 },
  joinQueue: { priority: 'critical', budgetMs: 2_000 },
  readQueue: { priority: 'critical', budgetMs: 2_000 },
  holdSeats: { priority: 'critical', budgetMs: 2_000 },
  releaseHold: { peer: 'inventory', priority: 'normal', budgetMs: 2_000 },
  placeOrder: { peer: 'orders', priority: 'critical', budgetMs: 2_000 },
  listOrders: { peer: 'orders', priority: 'normal', budgetMs: 2_000 },
  readOrder: { peer: 'orders', priority: 'critical', budgetMs: 2_000 },
  streamOrder: { peer: 'orders', priority: 'normal', budgetMs: STREAM_MS },
  audit: { peer: 'audit', priority: 'background', budgetMs: AUDIT_MS },
};

export const routes = mapped(decisions);

function mapped(rows: typeof decisions): Readonly<Record<PublicOperation, RouteRow>> {
  const entries = (Object.keys(rows) as PublicOperation[]).map((operation) => [
    operation,
    { operation, route: publicRoutes[operation], ...rows[operation] },
  ]);
  return Object.fromEntries(entries) as Readonly<Record<PublicOperation, RouteRow>>;
}
