import { Doorbell } from './doorbell';

test('a ring wakes one sleeper, the one that sleeps longest', async () => {
  const doorbell = new Doorbell();
  const woken: string[] = [];
  const sleeping = ['first', 'second'].map((name) => doorbell.answer().then(() => woken.push(name)));
  doorbell.ring();
  await sleeping[0];
  expect(woken).toEqual(['first']);
  doorbell.ringAll();
  await sleeping[1];
});

test('a ring while nobody sleeps is not lost, and two count as one', async () => {
  const doorbell = new Doorbell();
  doorbell.ring();
  doorbell.ring();
  await doorbell.answer();
  let woken = false;
  const sleeping = doorbell.answer().then(() => (woken = true));
  await Promise.resolve();
  expect(woken).toBe(false);
  doorbell.ring();
  await sleeping;
});
