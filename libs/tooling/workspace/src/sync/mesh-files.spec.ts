import { resolve } from 'node:path';
import { SERVICES } from '@stampede/topology';
import { readFiles, type SourceFile } from '../files';

const root = resolve(__dirname, '../../../../..');
const files = readFiles(root, ['.yaml']).filter(({ path }) => /^(istio|k8s)\//.test(path));
const below = (folder: string): SourceFile[] => files.filter(({ path }) => path.startsWith(`istio/${folder}`));
const kindsIn = (text: string): string[] => [...text.matchAll(/^kind: (\w+)$/gm)].map((match) => match[1] ?? '');
/** The names of services that a file's routes bind. */
const routed = (list: readonly SourceFile[], pattern: RegExp): string[] =>
  list.flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? ''));

test('no host has two kinds of route, and faults are the only VirtualServices', () => {
  const byRoute = routed(below('routes/'), /kind: Service, name: ([a-z-]+)|backendRefs:.*\{ name: ([a-z-]+)/g);
  const byFault = routed(below('faults/'), /hosts: \[([a-z-]+)\./g);
  expect(byFault.length).toBeGreaterThan(0);
  expect(byFault.filter((host) => byRoute.includes(host))).toEqual([]);
  const elsewhere = files.filter(
    ({ path, text }) => kindsIn(text).includes('VirtualService') && !/\/faults\//.test(path),
  );
  expect(elsewhere.map(({ path }) => path)).toEqual([]);
});

test('nothing patches a proxy behind the back of Istio', () => {
  expect(files.filter(({ text }) => kindsIn(text).includes('EnvoyFilter')).map(({ path }) => path)).toEqual([]);
});

test('no overlay contains a fault, a release or keys of some shop', () => {
  const overlays = files.filter(({ path }) => path.endsWith('kustomization.yaml'));
  const listed = overlays.filter(({ text }) => /^\s*(- |resources:).*(faults|release-policy|edge-tokens)/m.test(text));
  expect(listed.map(({ path }) => path)).toEqual([]);
});

test('every fault says how to put it in, how to take it out, and what shows that it acts', () => {
  for (const { path, text } of below('faults/')) {
    expect({
      path,
      says: [`kubectl apply -f ${path}`, 'kubectl delete -f', 'Seen to act by'].filter(
        (words) => !text.includes(words),
      ),
    }).toEqual({ path, says: [] });
  }
});

test('every service that is called has a policy for sick replicas, each part with where it is seen to act', () => {
  const called = new Set(SERVICES.flatMap(({ calls }) => calls));
  for (const service of [...called, 'gateway', 'payment-provider']) {
    const text = below('resilience/').find(({ path }) => path.endsWith(`/${service}.yaml`))?.text ?? '';
    const parts = [...text.matchAll(/^ {4}(connectionPool|loadBalancer|outlierDetection):(.*)$/gm)];
    expect({ service, parts: parts.length }).not.toEqual({ service, parts: 0 });
    for (const [, part, comment] of parts)
      expect({ service, part, comment }).toMatchObject({
        comment: expect.stringMatching(/see it act: npx stampede prove K\d/),
      });
  }
});
