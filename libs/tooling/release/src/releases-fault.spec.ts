import { backTo } from './releases-fault';

/** A cluster on which v2 answers, until a release brings another one. */
function clusterWith(answers = 'v2') {
  const cluster = { answers, version: async () => cluster.answers };
  return cluster;
}

test('the version from before is brought back by a release that can be ended', async () => {
  const cluster = clusterWith();
  let given: AbortSignal | undefined;
  await backTo('v1', cluster, async (signal) => {
    given = signal;
    cluster.answers = 'v1';
  });
  expect(given?.aborted).toBe(false);
  expect(cluster.answers).toBe('v1');
});

test('a way back that Flagger did not go is an error, and not a shop with another version', async () => {
  await expect(backTo('v1', clusterWith(), async () => undefined)).rejects.toThrow('v2 answers, and before');
});

test('where the version from before answers nothing is released', async () => {
  const go = () => Promise.reject(new Error('a release'));
  await expect(backTo('v2', clusterWith(), go)).resolves.toBeUndefined();
});
