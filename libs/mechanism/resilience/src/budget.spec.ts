import fc from 'fast-check';
import { Budget, carryBudgetsAs, instantOnTheWire, restOnTheWire } from './budget';
import { BudgetSpent, UnknownOutcome } from './errors';
import { FakeClock } from './testing';

test('a hop takes over what the caller left and passes on what is left of that', async () => {
  const clock = new FakeClock();
  const budget = Budget.fromHeader('1500', 2_000, { clock });
  await clock.advance(400.4);
  expect(budget.toHeader()).toBe('1099');
  expect(budget.remainingMs({ atMost: 800 })).toBe(800);
  expect(budget.spent).toBe(false);
});

test.each([undefined, '', '-5', '1e3', '12.5', ' 7', '99999999999', 'NaN', []])(
  'a header that cannot be read (%p) counts as none',
  (header) => {
    expect(Budget.fromHeader(header, 2_000, { clock: new FakeClock() }).remainingMs()).toBe(2_000);
  },
);

test('a header cannot ask for more than a minute', () => {
  expect(Budget.fromHeader('999999999', 2_000, { clock: new FakeClock() }).remainingMs()).toBe(60_000);
});

test('a header of zero is a budget that is spent', () => {
  const budget = Budget.fromHeader('0', 2_000, { clock: new FakeClock() });
  expect(budget.spent).toBe(true);
  expect(() => budget.ensure()).toThrow(BudgetSpent);
});

test('a budget never grows over any chain of hops, and no hop promises more than is left', () => {
  fc.assert(
    fc.property(
      fc.nat(60_000),
      fc.array(fc.record({ workMs: fc.double({ min: 0, max: 900, noNaN: true }), keepMs: fc.nat(100) })),
      (totalMs, hops) => {
        let nowMs = 0;
        const clock = { now: () => nowMs, after: () => () => undefined };
        let budget = Budget.ofMs(totalMs, { clock });
        for (const { workMs, keepMs } of hops) {
          nowMs += workMs;
          const header = budget.shorten(keepMs).toHeader();
          expect(Number(header)).toBeLessThanOrEqual(Math.max(0, totalMs - nowMs));
          budget = Budget.fromHeader(header, 60_000, { clock });
        }
      },
    ),
  );
});

test('the signal aborts when the time is up and leaves no timer behind', async () => {
  const clock = new FakeClock();
  const { signal } = Budget.ofMs(100, { clock });
  await clock.advance(99);
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.reason).toBeInstanceOf(BudgetSpent);
  expect(clock.pending).toBe(0);
});

test('work for a caller who is gone is dropped, however much time is left', () => {
  const clock = new FakeClock();
  const caller = new AbortController();
  const budget = Budget.ofMs(100, { clock, caller: caller.signal });
  const { signal } = budget;
  caller.abort();
  expect(budget.spent).toBe(true);
  expect(signal.reason).toBeInstanceOf(UnknownOutcome);
  expect(clock.pending).toBe(0);
});

test('a released budget has no timer', () => {
  const clock = new FakeClock();
  const budget = Budget.ofMs(100, { clock });
  expect(budget.signal.aborted).toBe(false);
  budget.release();
  expect(clock.pending).toBe(0);
});

describe('between two machines whose clocks are five minutes apart', () => {
  const realNow = Date.now;
  afterEach(() => {
    Date.now = realNow;
    carryBudgetsAs(restOnTheWire);
  });

  function overTheWire(): number {
    const header = Budget.ofMs(2_000, { clock: new FakeClock() }).toHeader();
    Date.now = () => realNow() + 300_000;
    return Budget.fromHeader(header, 9_000, { clock: new FakeClock() }).remainingMs();
  }

  test('a budget is the same, because it travels as what is left of it', () => {
    expect(overTheWire()).toBe(2_000);
  });

  test('a lab that sends the instant of its end finds it spent', () => {
    carryBudgetsAs(instantOnTheWire);
    expect(overTheWire()).toBe(0);
  });
});
