import type { catalogApi, inventoryApi, pricingApi } from '@stampede/contracts';
import type { Peer } from '@stampede/service-kit';

/** The gateway's `OutboxRelay`. */
export const OUTBOX_RELAY = Symbol('outbox relay');
/** The `Kv` that the gateway's replicas share. */
export const KV = Symbol('kv');
/** How hot answers are kept: `KeepHot`. */
export const KEEP_HOT = Symbol('keep hot');
/** The typed clients of the services whose answers the gateway composes: `GatewayPeers`. */
export const PEERS = Symbol('peers');

export interface GatewayPeers {
  readonly catalog: Peer<typeof catalogApi>;
  readonly pricing: Peer<typeof pricingApi>;
  readonly inventory: Peer<typeof inventoryApi>;
}
