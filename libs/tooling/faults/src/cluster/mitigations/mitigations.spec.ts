import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FakeCluster } from '../../../test/fake-cluster';
import { CLUSTER_MITIGATIONS } from '.';
import { judgeVersions } from './judge-versions';
import { leaveListsFirst } from './leave-lists-first';

const root = resolve(__dirname, '../../../../../..');
const rows = CLUSTER_MITIGATIONS.map((row) => [row.id, row] as const);

test.each(rows)('%s is stated in files that there are, and is the control of its claims', (id, { files, claims }) => {
  for (const file of files) expect({ file, there: existsSync(join(root, file)) }).toEqual({ file, there: true });
  for (const claim of claims) {
    const [path = ''] = globSync(`load-tests/claims/${claim}-*.claim.ts`, { cwd: root });
    expect(readFileSync(join(root, path), 'utf8')).toContain(`off: '${id}'`);
  }
});

const named = (kind: string, name: string) => ({ kind, metadata: { name, uid: 'u' }, spec: {} });
const deployment = (app: object) => ({ spec: { template: { spec: { containers: [{ name: 'app', ...app }] } } } });
const OBJECTS = {
  destinationrule: named('DestinationRule', 'inventory'),
  'authorizationpolicies.security.istio.io': { items: [named('AuthorizationPolicy', 'deny-all')] },
  'canary.flagger.app': { spec: {} },
  'deployment.apps/gateway': deployment({ lifecycle: { preStop: { sleep: { seconds: 8 } } } }),
  nodes: { items: [{ metadata: { name: 'b' } }] },
  pods: { items: [] },
};
const clusterWith = (objects: object = {}) =>
  new FakeCluster({ ...OBJECTS, ...objects }, { 'get deployments': 'deployment.apps/gateway\n' });

test.each(rows)('what takes %s away has its opposite, known before', async (_, { without }) => {
  const { make, unmake } = await without(clusterWith());
  expect(make.length).toBeGreaterThan(0);
  expect(unmake.length).toBeGreaterThan(0);
  for (const { input } of unmake) if (input !== undefined) expect(JSON.parse(input)).not.toHaveProperty('metadata.uid');
});

const backOf = async ({ without }: (typeof CLUSTER_MITIGATIONS)[number], objects?: object) =>
  (await without(clusterWith(objects))).unmake.map(({ args }) => args.at(-1));

test('a pod that is going gets back the time that it had, and none where it had none', async () => {
  await expect(backOf(leaveListsFirst)).resolves.toEqual([
    expect.stringContaining('"lifecycle":{"preStop":{"sleep":{"seconds":8}}}'),
  ]);
  await expect(backOf(leaveListsFirst, { 'deployment.apps/gateway': deployment({}) })).resolves.toEqual([
    expect.stringContaining('"lifecycle":null'),
  ]);
});

test('versions are judged again as they were before, and not without a judge', async () => {
  await expect(backOf(judgeVersions)).resolves.toEqual(['--patch={"spec":{"skipAnalysis":null}}']);
  const skipped = { 'canary.flagger.app': { spec: { skipAnalysis: true } } };
  await expect(backOf(judgeVersions, skipped)).resolves.toEqual(['--patch={"spec":{"skipAnalysis":true}}']);
  await expect(backOf(judgeVersions, { 'canary.flagger.app': undefined })).rejects.toThrow(
    'nobody judges versions yet',
  );
});
