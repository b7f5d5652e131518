/** The service's `OutboxRelay`. */
export const OUTBOX_RELAY = Symbol('outbox relay');
/** The service's runner of order sagas. */
export const SAGA_RUNNER = Symbol('saga runner');
/** The typed clients of inventory and payments. */
export const PEERS = Symbol('peers');
