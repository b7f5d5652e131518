import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FakeCluster } from '../../../test/fake-cluster';
import { CLUSTER_MITIGATIONS } from '.';

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
const cluster = () =>
  new FakeCluster(
    {
      destinationrule: named('DestinationRule', 'inventory'),
      'authorizationpolicies.security.istio.io': { items: [named('AuthorizationPolicy', 'deny-all')] },
      nodes: { items: [{ metadata: { name: 'b' } }] },
      pods: { items: [] },
    },
    { 'get deployments': 'deployment.apps/gateway\n' },
  );

test.each(rows)('what takes %s away has its opposite, known before', async (_, { without }) => {
  const { make, unmake } = await without(cluster());
  expect(make.length).toBeGreaterThan(0);
  expect(unmake.length).toBeGreaterThan(0);
  for (const { input } of unmake) if (input !== undefined) expect(JSON.parse(input)).not.toHaveProperty('metadata.uid');
});
