import { preferredWaitSeconds } from './prefer';

test.each([
  ['wait=5', 5],
  ['respond-async, wait=3', 3],
  ['WAIT = "7" ; x=y', 7],
  ['wait=11', 10],
  ['wait=999999999', 10],
  ['wait=10000000000000000000000', 10],
  ['wait=2, wait=9', 2],
  ['wait=0', undefined],
  ['wait=-1', undefined],
  ['wait=1.5', undefined],
  ['wait', undefined],
  ['waiting=5', undefined],
  ['', undefined],
  [undefined, undefined],
])('Prefer: %s waits %s seconds', (header, seconds) => {
  expect(preferredWaitSeconds(header)).toBe(seconds);
});
