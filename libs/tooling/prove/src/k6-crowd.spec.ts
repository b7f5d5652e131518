import { expectedArrivals } from '@stampede/crowd';
import fc from 'fast-check';
import { stagesOfTrace } from './k6-crowd';

const scale = fc.double({ min: 0.1, max: 200, noNaN: true });

test('k6 is told to send as many visitors as the trace has, in the same time', () => {
  const trace = fc.array(fc.nat(500), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(trace, scale, scale, (requests, timeScale, rateScale) => {
      const stages = stagesOfTrace(requests, { timeScale, rateScale });
      const lasts = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
      const sends = stages.reduce(
        (sum, { ratePerSecond, durationMs }) => sum + (ratePerSecond * durationMs) / 1_000,
        0,
      );
      expect(lasts).toBeCloseTo((requests.length * 1_000) / timeScale, 3);
      expect(sends).toBeCloseTo(expectedArrivals(requests, { timeScale, rateScale }), 3);
    }),
  );
});

test('an hour in a minute is sixty rates of a second each, the last of a part that is no whole second shorter', () => {
  const hour = Array.from({ length: 3_600 }, () => 2_500);
  expect(stagesOfTrace(hour, { timeScale: 60, rateScale: 0.02 })).toEqual(
    Array.from({ length: 60 }, () => ({ ratePerSecond: 50, durationMs: 1_000 })),
  );
  expect(stagesOfTrace([10, 20, 40], { timeScale: 2, rateScale: 1 })).toEqual([
    { ratePerSecond: 15, durationMs: 1_000 },
    { ratePerSecond: 40, durationMs: 500 },
  ]);
});
