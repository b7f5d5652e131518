/**
 * Who calls which routes of whom, once: the mesh's authorization, its egress and the network policies are made from it,
 * and tests compare it with what the code does. Operations are those of the callee's contract.
 */
export interface Calls {
  /** A service; on a cluster also its service account. */
  readonly caller: string;
  readonly callee: string;
  readonly operations: readonly string[];
}

export const CALL_GRAPH: readonly Calls[] = [
  {
    caller: 'gateway',
    callee: 'catalog',
    operations: ['listEvents', 'readEvent', 'draftEvent', 'listDrafts', 'publishEvents'],
  },
  { caller: 'gateway', callee: 'pricing', operations: ['priceCategories', 'quote'] },
  {
    caller: 'gateway',
    callee: 'inventory',
    operations: ['openEvents', 'readAvailability', 'claimHoldKey', 'settleHoldKey', 'holdSeats', 'releaseHold'],
  },
  { caller: 'gateway', callee: 'orders', operations: ['placeOrder', 'listOrders', 'readOrder', 'streamOrder'] },
  { caller: 'gateway', callee: 'audit', operations: ['audit'] },
  { caller: 'orders', callee: 'inventory', operations: ['claimHold', 'confirmHold', 'releaseSeats'] },
  { caller: 'orders', callee: 'payments', operations: ['capture', 'settleCapture', 'refund'] },
  { caller: 'payments', callee: 'payment-provider', operations: ['capture', 'readCapture', 'refund'] },
  { caller: 'audit', callee: 'payment-provider', operations: ['statement'] },
];

/** What `caller` may ask of others. */
export function callsFrom(caller: string): readonly Calls[] {
  return CALL_GRAPH.filter((calls) => calls.caller === caller);
}

/** Who may ask `callee`, and what. */
export function callsTo(callee: string): readonly Calls[] {
  return CALL_GRAPH.filter((calls) => calls.callee === callee);
}
