import { forwardAdmin, type Forwarding } from './admin';

const pause = (): Promise<void> => Promise.resolve();

test("the gateway's admin port stays open when its pod is replaced, until the user stops it", async () => {
  const stop = new AbortController();
  const asked: string[] = [];
  const forward: Forwarding = (args) => {
    if (asked.push(args.join(' ')) === 3) stop.abort();
    return Promise.resolve(1);
  };
  await forwardAdmin(stop.signal, { forward, pause, listens: () => Promise.resolve(false) });
  expect(asked).toHaveLength(3);
  expect(asked[0]).toBe('--context=kind-stampede --namespace=stampede port-forward deployment/gateway 9101:9090');
});

test('a port that something else has is refused, not fought for', async () => {
  const forward: Forwarding = () => Promise.reject(new Error('nothing is forwarded'));
  const taken = forwardAdmin(new AbortController().signal, { forward, pause, listens: () => Promise.resolve(true) });
  await expect(taken).rejects.toThrow('something listens at port 9101 already');
});
