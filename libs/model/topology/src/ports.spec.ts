import { SERVICES, adminPort, portBase, postgresPort, providerAdminPort, providerPort, trafficPort } from './index';

test('the default map is the one that the contract names', () => {
  const base = portBase({});
  expect(trafficPort(base, 'gateway')).toBe(8080);
  expect(trafficPort(base, 'catalog')).toBe(8110);
  expect(adminPort(base, 'gateway')).toBe(9100);
  expect(providerPort(base)).toBe(8090);
  expect(postgresPort(base)).toBe(5433);
});

test('no two processes share a port, with every service at its most replicas', () => {
  const base = portBase({ STAMPEDE_PORT_BASE: '20000' });
  const ports = [providerPort(base), providerAdminPort(base), postgresPort(base)];
  for (const { name } of SERVICES) {
    for (let replica = 0; replica < 10; replica += 1)
      ports.push(trafficPort(base, name, replica), adminPort(base, name, replica));
  }
  expect(new Set(ports).size).toBe(ports.length);
});

test.each(['abc', '80', '65000', '8000.5'])('a base of %s is refused with the allowed range', (value) => {
  expect(() => portBase({ STAMPEDE_PORT_BASE: value })).toThrow(/from 3591 to 64335/);
});

test('an unknown service and a replica too many are refused', () => {
  expect(() => trafficPort(8000, 'nobody')).toThrow(/known: gateway/);
  expect(() => trafficPort(8000, 'orders', 10)).toThrow(RangeError);
});
