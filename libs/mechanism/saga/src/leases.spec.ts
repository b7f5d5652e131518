import { Leases } from './leases';

const LEASE_MS = 1_000;
const row = { id: 'order', leaseToken: 1 };

test('a lease counts from when it was asked for: an answer that came late is of a lease that is over', () => {
  const leases = new Leases(LEASE_MS, async () => []);
  const inTime = leases.hold(row, performance.now());
  const late = leases.hold({ ...row, id: 'late' }, performance.now() - LEASE_MS);
  expect([inTime.held, late.held]).toEqual([true, false]);
  leases.abandon();
});
