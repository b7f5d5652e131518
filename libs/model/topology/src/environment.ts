/** `payment-provider` -> `PAYMENT_PROVIDER`: the prefix of a service's own variables. */
export function environmentPrefix(service: string): string {
  return service.toUpperCase().replaceAll('-', '_');
}

/** The variable that lists a peer's addresses, separated by commas. */
export function peerUrlsVariable(peer: string): string {
  return `${environmentPrefix(peer)}_URLS`;
}
