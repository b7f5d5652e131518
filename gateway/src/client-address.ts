import { isIPv6 } from 'node:net';

/** Groups of an IPv6 address that one customer is given: a client may use any address of its /64. */
const CLIENT_GROUPS = 4;

/**
 * The address whose quota a request uses: the peer, or, behind that many proxies of ours, what the outermost of them
 * saw. Whatever stands further left in `X-Forwarded-For` was written by the client, so it is never read.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trustedHops: number): string {
  if (trustedHops === 0 || forwardedFor === undefined) return network(peer);
  const seen = forwardedFor.split(',').map((part) => part.trim());
  return network(seen[Math.max(0, seen.length - trustedHops)] || peer);
}

function network(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] ?? address;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const after = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? [] : Array<string>(8 - groups.length - after.length).fill('0');
  return `${[...groups, ...zeros, ...after].slice(0, CLIENT_GROUPS).join(':')}::/64`;
}
