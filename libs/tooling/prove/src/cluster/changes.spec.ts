import { CLUSTER_MITIGATIONS, type LabCluster } from '@stampede/faults';
import { Unavailable } from '../world';
import { Changes, type Carry } from './changes';
import { mayTakeBack } from './leftover';

/** A cluster that keeps notes, and a transcript of what was done to it. */
class FakeCluster {
  readonly transcript: string[] = [];
  readonly notes = new Map<string, string>();
  fails: string | undefined;

  readonly carry: Carry = async ({ program, args, input }) => {
    const [verb = '', kind = '', name = ''] = args;
    if (verb === 'create' && input !== undefined) {
      const { metadata, data } = JSON.parse(input) as { metadata: { name: string }; data: { note: string } };
      this.notes.set(metadata.name, data.note);
      return '';
    }
    if (verb === 'get') return JSON.stringify({ items: [...this.notes].map(([note, text]) => item(note, text)) });
    if (verb === 'delete' && kind === 'configmap') {
      this.notes.delete(name);
      return '';
    }
    this.transcript.push([...(program === undefined ? [] : [program]), ...args].join(' '));
    if (this.fails === args.join(' ')) throw new Error('no');
    return '';
  };
}

const item = (name: string, note: string) => ({ metadata: { name }, data: { note } });
const change = (name: string) => ({
  name,
  make: [{ args: ['break', name] }],
  unmake: [{ args: ['scale', name] }],
});

test('what was changed is taken back in the opposite order, each once, and no note of it stays', async () => {
  const cluster = new FakeCluster();
  const changes = new Changes(cluster.carry, 'stampede');
  const first = await changes.make(change('a'));
  await changes.make(change('b'));
  await first.undo();
  await first.undo();
  expect(cluster.notes.size).toBe(1);
  await changes.undoAll();
  expect(cluster.transcript).toEqual(['break a', 'break b', 'scale a', 'scale b']);
  expect(cluster.notes.size).toBe(0);
});

test('a change that fails half-way is noted before it is made, and taken back', async () => {
  const cluster = new FakeCluster();
  cluster.fails = 'break a';
  const changes = new Changes(cluster.carry, 'stampede');
  await expect(changes.make(change('a'))).rejects.toThrow('no');
  await changes.undoAll();
  expect(cluster.transcript).toEqual(['break a', 'scale a']);
});

test('what a run that was killed has left behind is taken back by the next one, the last change first', async () => {
  const cluster = new FakeCluster();
  let now = 1_700_000_000_000;
  const killed = new Changes(cluster.carry, 'stampede', () => (now += 5));
  await killed.make(change('a'));
  await killed.make(change('b'));
  await expect(new Changes(cluster.carry, 'stampede').undoLeftovers()).resolves.toEqual(['b', 'a']);
  expect(cluster.transcript.slice(2)).toEqual(['scale b', 'scale a']);
  expect(cluster.notes.size).toBe(0);
});

test('one change that cannot be taken back keeps its note, and does not keep the others from it', async () => {
  const cluster = new FakeCluster();
  const changes = new Changes(cluster.carry, 'stampede');
  await changes.make(change('a'));
  await changes.make(change('b'));
  cluster.fails = 'scale b';
  await expect(changes.undoAll()).rejects.toThrow('no');
  expect(cluster.transcript.slice(2)).toEqual(['scale b', 'scale a']);
  expect(cluster.notes.size).toBe(1);
});

/** A note that another hand than a run's has written. */
const note = (cluster: FakeCluster, name: string, text: string) => cluster.notes.set(`prove-undo-${name}`, text);
const unmaking = (unmake: unknown) => JSON.stringify({ name: 'a fault', unmake });

test.each<[string, unknown]>([
  ['docker', [{ program: 'docker', args: ['run', '--volume=/:/host', 'image'] }]],
  ['another node', [{ program: 'docker', args: ['start', 'database'] }]],
  ['another program', [{ program: 'sh', args: ['scale'] }]],
  ['kubectl with a program of its own', [{ args: ['--kubeconfig=mine', 'scale', 'a'] }]],
  ['a flag that leads elsewhere', [{ args: ['scale', 'a', '--server=http://elsewhere'] }]],
  ['a file of the machine', [{ args: ['apply', '--filename=/etc/passwd'] }]],
  ['exec', [{ args: ['scale', 'a'] }, { args: ['exec', 'pod', '--', 'sh'] }]],
  ['no instructions', 'scale'],
])('a note that asks for %s is refused, named and left, and those beside it are carried out', async (_, unmake) => {
  const cluster = new FakeCluster();
  await new Changes(cluster.carry, 'stampede', () => 5).make(change('a'));
  note(cluster, '9', unmaking(unmake));
  note(cluster, '1', '');
  const undone = new Changes(cluster.carry, 'stampede').undoLeftovers();
  await expect(undone).rejects.toThrow(Unavailable);
  await expect(undone).rejects.toThrow(/prove-undo-9: .*; prove-undo-1: /);
  expect(cluster.transcript).toEqual(['break a', 'scale a']);
  expect([...cluster.notes.keys()]).toEqual(['prove-undo-9', 'prove-undo-1']);
});

test('one that fails is named, and keeps no other one from being taken back', async () => {
  const cluster = new FakeCluster();
  let now = 1_700_000_000_000;
  const killed = new Changes(cluster.carry, 'stampede', () => (now += 5));
  await killed.make(change('a'));
  await killed.make(change('b'));
  cluster.fails = 'scale b';
  await expect(new Changes(cluster.carry, 'stampede').undoLeftovers()).rejects.toThrow(/prove-undo-\d+10-002: no$/);
  expect(cluster.transcript.slice(2)).toEqual(['scale b', 'scale a']);
  expect(cluster.notes.size).toBe(1);
});

test('a node of the cluster is started again, as whoever lost it wrote down', async () => {
  const cluster = new FakeCluster();
  const start = ['start', 'stampede-worker3'];
  note(cluster, '1', unmaking([{ program: 'docker', args: start }, { args: ['wait', 'node/stampede-worker3'] }]));
  await expect(new Changes(cluster.carry, 'stampede').undoLeftovers()).resolves.toEqual(['a fault']);
  expect(cluster.transcript).toEqual(['docker start stampede-worker3', 'wait node/stampede-worker3']);
});

test('a next run may take back whatever a control takes away', async () => {
  const app = { name: 'app' };
  const object = { metadata: { name: 'b' }, spec: { template: { spec: { containers: [app] } } } };
  const lists = ['nodes', 'pods', 'authorizationpolicies.security.istio.io'];
  const cluster = {
    namespace: 'stampede',
    kubectl: async () => 'deployment.apps/gateway\n',
    get: async ([kind = '']: readonly string[]) =>
      lists.includes(kind) ? { items: kind === 'pods' ? [] : [object] } : object,
  } as unknown as LabCluster;
  for (const { id, without } of CLUSTER_MITIGATIONS)
    for (const instruction of (await without(cluster)).unmake)
      expect({ id, instruction, may: mayTakeBack(instruction) }).toMatchObject({ may: true });
});

test('a change whose way back would be refused is not made', async () => {
  const cluster = new FakeCluster();
  const made = new Changes(cluster.carry, 'stampede').make({ ...change('a'), unmake: [{ args: ['exec', 'a'] }] });
  await expect(made).rejects.toThrow('"a" is not made: `kubectl exec a`');
  expect(cluster.transcript).toEqual([]);
});
