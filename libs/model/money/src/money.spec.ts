import { scaled } from './index';

test('half a cent is rounded up, so that a buyer and an auditor compute the same sum', () => {
  expect(scaled(1_050, 0.1)).toBe(105);
  expect(scaled(1_005, 0.1)).toBe(101);
  expect(scaled(1_004, 0.1)).toBe(100);
});

test('a sum that cannot be exact is refused', () => {
  expect(() => scaled(Number.MAX_SAFE_INTEGER, 2)).toThrow(RangeError);
});
