import { clientAddress } from './client-address';

test.each([
  ['127.0.0.1', '6.6.6.6', 0, '127.0.0.1'],
  ['127.0.0.1', '6.6.6.6, 1.2.3.4', 1, '1.2.3.4'],
  ['127.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.1', 2, '1.2.3.4'],
  ['127.0.0.1', '1.2.3.4', 3, '1.2.3.4'],
  ['127.0.0.1', undefined, 1, '127.0.0.1'],
  ['127.0.0.1', '', 1, '127.0.0.1'],
  ['::ffff:1.2.3.4', undefined, 0, '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', undefined, 0, '2001:db8:1:2::/64'],
  ['2001:db8::1', undefined, 0, '2001:db8:0:0::/64'],
  ['::1', undefined, 0, '0:0:0:0::/64'],
])('a request from %s forwarded for %s behind %s proxies counts for %s', (peer, forwardedFor, hops, address) => {
  expect(clientAddress(peer, forwardedFor, hops)).toBe(address);
});
