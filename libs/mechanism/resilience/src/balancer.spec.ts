import fc from 'fast-check';
import { Balancer } from './balancer';
import type { Outcome } from './outcome';
import { FakeClock, recordEvents } from './testing';

const THREE = ['http://a', 'http://b', 'http://c'];

function use(balancer: Balancer, outcome: Outcome, tried?: Set<string>): string {
  const lease = balancer.pick(tried);
  lease.done(outcome);
  return lease.address;
}

/** Fails at one address until it has failed `times`, and succeeds at the others. */
function failAt(balancer: Balancer, address: string, times: number, outcome: Outcome = 'not_sent'): void {
  const others = new Set(THREE.filter((one) => one !== address));
  for (let failed = 0; failed < times; failed++) expect(use(balancer, outcome, others)).toBe(address);
}

test('the address with the fewest requests in flight is next', () => {
  const balancer = new Balancer('inventory', { addresses: THREE }, new FakeClock());
  const leases = [balancer.pick(), balancer.pick(), balancer.pick()];
  expect(new Set(leases.map((lease) => lease.address))).toEqual(new Set(THREE));
  for (const lease of leases) {
    lease.done('success');
    expect(balancer.pick().address).toBe(lease.address);
  }
});

test('in turn, nobody looks at what an address has to do', () => {
  const balancer = new Balancer('inventory', { addresses: THREE, order: 'in-turn' }, new FakeClock());
  const turns = [1, 2, 3, 4].map(() => balancer.pick().address);
  expect(turns).toEqual([...THREE, THREE[0]]);
});

test('among equals it is chance, so that many clients do not all start with the first', () => {
  const picks = new Map<string, number>();
  let seed = 7;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const balancer = new Balancer('inventory', { addresses: THREE }, new FakeClock(), random);
  for (let i = 0; i < 3_000; i++) {
    const address = use(balancer, 'success');
    picks.set(address, (picks.get(address) ?? 0) + 1);
  }
  for (const address of THREE) expect(picks.get(address)).toBeGreaterThan(850);
});

test('a retry goes elsewhere when there is an elsewhere', () => {
  const balancer = new Balancer('inventory', { addresses: THREE }, new FakeClock());
  expect(use(balancer, 'success', new Set(['http://a', 'http://c']))).toBe('http://b');
  expect(THREE).toContain(use(balancer, 'success', new Set(THREE)));
});

test('five failures in a row put a replica out for the base time, and it comes back on probation', async () => {
  const recorded = recordEvents();
  const clock = new FakeClock();
  const balancer = new Balancer('inventory', { addresses: THREE }, clock);
  failAt(balancer, 'http://a', 5);
  expect(balancer.inService()).toEqual(['http://b', 'http://c']);
  await clock.advance(4_999);
  expect(balancer.inService()).toEqual(['http://b', 'http://c']);
  await clock.advance(1);
  failAt(balancer, 'http://a', 1);
  expect(balancer.inService()).toEqual(['http://b', 'http://c']);
  await clock.advance(10_000);
  failAt(balancer, 'http://a', 1, 'success');
  failAt(balancer, 'http://a', 4);
  expect(balancer.inService()).toEqual(THREE);
  recorded.stop();
  expect(recorded.events).toEqual([
    { type: 'ejected', name: 'inventory', address: 'http://a', forMs: 5_000 },
    { type: 'returned', name: 'inventory', address: 'http://a' },
    { type: 'ejected', name: 'inventory', address: 'http://a', forMs: 10_000 },
    { type: 'returned', name: 'inventory', address: 'http://a' },
  ]);
});

test('a success in between starts the count anew', () => {
  const balancer = new Balancer('inventory', { addresses: THREE }, new FakeClock());
  failAt(balancer, 'http://a', 4);
  failAt(balancer, 'http://a', 1, 'success');
  failAt(balancer, 'http://a', 4);
  expect(balancer.inService()).toEqual(THREE);
});

test.each(['failed', 'refused', 'throttled', 'cancelled'] as const)('%s is never a reason to eject', (outcome) => {
  const balancer = new Balancer('inventory', { addresses: THREE }, new FakeClock());
  failAt(balancer, 'http://a', 100, outcome);
  expect(balancer.inService()).toEqual(THREE);
});

test.each(['unavailable', 'unknown'] as const)('%s five times in a row is', (outcome) => {
  const balancer = new Balancer('inventory', { addresses: THREE }, new FakeClock());
  failAt(balancer, 'http://a', 5, outcome);
  expect(balancer.inService()).toEqual(['http://b', 'http://c']);
});

test('a long calm shortens the next ejection again', async () => {
  const clock = new FakeClock();
  const balancer = new Balancer('inventory', { addresses: THREE }, clock);
  const recorded = recordEvents();
  failAt(balancer, 'http://a', 5);
  await clock.advance(5_000);
  failAt(balancer, 'http://a', 1);
  await clock.advance(10_000);
  failAt(balancer, 'http://a', 1, 'success');
  await clock.advance(60_000);
  failAt(balancer, 'http://a', 5);
  recorded.stop();
  const times = recorded.events.flatMap((event) => (event.type === 'ejected' ? [event.forMs] : []));
  expect(times).toEqual([5_000, 10_000, 5_000]);
});

test('with ejection off (a mesh does it) nobody is ever out', () => {
  const balancer = new Balancer('inventory', { addresses: THREE, ejection: false }, new FakeClock());
  failAt(balancer, 'http://a', 100);
  expect(balancer.inService()).toEqual(THREE);
});

test('the same address twice is one address, and none at all is refused', () => {
  expect(new Balancer('x', { addresses: ['http://a', 'http://a'] }).inService()).toEqual(['http://a']);
  expect(() => new Balancer('x', { addresses: [] })).toThrow('x has no address');
});

test('under any failures someone is always in service and no more are out than allowed', async () => {
  const outcomes = fc.constantFrom<Outcome>('success', 'not_sent', 'not_sent', 'unknown', 'unavailable', 'failed');
  const step = fc.record({ outcome: outcomes, waitMs: fc.oneof(fc.constant(0), fc.nat(20_000)), hold: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 1, max: 6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      run,
    ),
  );

  async function run(
    steps: { outcome: Outcome; waitMs: number; hold: boolean }[],
    count: number,
    maxShare: number,
  ): Promise<void> {
    let nowMs = 0;
    const clock = { now: () => nowMs, after: () => () => undefined };
    const addresses = Array.from({ length: count }, (_, index) => `http://${index}`);
    const balancer = new Balancer('inventory', { addresses, ejection: { maxShare, consecutiveFailures: 2 } }, clock);
    const held: { done(outcome: Outcome): void }[] = [];
    for (const { outcome, waitMs, hold } of steps) {
      nowMs += waitMs;
      const lease = balancer.pick();
      expect(addresses).toContain(lease.address);
      held.push(lease);
      if (!hold) held.shift()?.done(outcome);
      const inService = balancer.inService();
      expect(inService.length).toBeGreaterThanOrEqual(1);
      expect(count - inService.length).toBeLessThanOrEqual(Math.max(1, Math.floor(count * maxShare)));
      expect(inService).toContain(balancer.pick().address);
    }
  }
});

test('a call that has failed everywhere else tries an address that is left out, which is back once it answers', () => {
  const balancer = new Balancer('inventory', { addresses: ['http://a', 'http://b'] }, new FakeClock());
  const onlyB = new Set(['http://b']);
  for (let failed = 0; failed < 5; failed++) use(balancer, 'not_sent', onlyB); // a is restarted
  expect(balancer.inService()).toEqual(['http://b']);
  expect(use(balancer, 'not_sent')).toBe('http://b'); // and now b
  expect(use(balancer, 'success', onlyB)).toBe('http://a');
  expect(balancer.inService()).toEqual(['http://a', 'http://b']);
});
