import { forwardAdmin } from './admin';

test("the gateway's admin port stays open when its pod is replaced, until the user stops it", async () => {
  const stop = new AbortController();
  const asked: string[] = [];
  await forwardAdmin(
    stop.signal,
    (args) => {
      if (asked.push(args.join(' ')) === 3) stop.abort();
      return Promise.resolve(1);
    },
    () => Promise.resolve(),
  );
  expect(asked).toHaveLength(3);
  expect(asked[0]).toBe('--context=kind-stampede --namespace=stampede port-forward deployment/gateway 9101:9090');
});
