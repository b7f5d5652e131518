import { KeptForward } from './forward';

const TARGET = { namespace: 'stampede', target: 'deployment/gateway', port: 9090 };

/** Ways that are told apart by their number, and which of them were closed. */
function ways() {
  const closed: string[] = [];
  let count = 0;
  const open = async () => {
    const url = `way ${(count += 1)}`;
    return { url, close: () => void closed.push(url) };
  };
  return { closed, kept: new KeptForward(open, TARGET) };
}

const brokenOnce = async (url: string) => {
  if (url === 'way 1') throw new Error('it has broken');
  return url;
};

test('a way that has broken is closed and opened again', async () => {
  const { closed, kept } = ways();
  await expect(kept.use(brokenOnce)).resolves.toBe('way 2');
  expect(closed).toEqual(['way 1']);
});

test('whoever fails late does not close the way that another has opened meanwhile', async () => {
  const { closed, kept } = ways();
  let fail = () => undefined as void;
  const late = kept.use(async (url) => {
    if (url === 'way 1') await new Promise<void>((_, reject) => (fail = () => reject(new Error('it has broken'))));
    return url;
  });
  await expect(kept.use(brokenOnce)).resolves.toBe('way 2');
  fail();
  await expect(late).resolves.toBe('way 2');
  expect(closed).toEqual(['way 1']);
});

test('what fails twice tells why it failed the second time, and the first time', async () => {
  const { kept } = ways();
  const used = kept.use((url) => Promise.reject(new Error(`no ${url}`)));
  await expect(used).rejects.toMatchObject({ message: 'no way 2', cause: { message: 'no way 1' } });
});
