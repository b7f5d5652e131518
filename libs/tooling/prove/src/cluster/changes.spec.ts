import { Changes, type Carry } from './changes';

/** A cluster that keeps notes, and a transcript of what was done to it. */
class FakeCluster {
  readonly transcript: string[] = [];
  readonly notes = new Map<string, string>();
  fails: string | undefined;

  readonly carry: Carry = async ({ args, input }) => {
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
    this.transcript.push(args.join(' '));
    if (this.fails === args.join(' ')) throw new Error('no');
    return '';
  };
}

const item = (name: string, note: string) => ({ metadata: { name }, data: { note } });
const change = (name: string) => ({
  name,
  make: [{ args: ['break', name] }],
  unmake: [{ args: ['mend', name] }],
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
  expect(cluster.transcript).toEqual(['break a', 'break b', 'mend a', 'mend b']);
  expect(cluster.notes.size).toBe(0);
});

test('a change that fails half-way is noted before it is made, and taken back', async () => {
  const cluster = new FakeCluster();
  cluster.fails = 'break a';
  const changes = new Changes(cluster.carry, 'stampede');
  await expect(changes.make(change('a'))).rejects.toThrow('no');
  await changes.undoAll();
  expect(cluster.transcript).toEqual(['break a', 'mend a']);
});

test('what a run that was killed has left behind is taken back by the next one, the last change first', async () => {
  const cluster = new FakeCluster();
  let now = 1_700_000_000_000;
  const killed = new Changes(cluster.carry, 'stampede', () => (now += 5));
  await killed.make(change('a'));
  await killed.make(change('b'));
  await expect(new Changes(cluster.carry, 'stampede').undoLeftovers()).resolves.toEqual(['b', 'a']);
  expect(cluster.transcript.slice(2)).toEqual(['mend b', 'mend a']);
  expect(cluster.notes.size).toBe(0);
});

test('one change that cannot be taken back keeps its note, and does not keep the others from it', async () => {
  const cluster = new FakeCluster();
  const changes = new Changes(cluster.carry, 'stampede');
  await changes.make(change('a'));
  await changes.make(change('b'));
  cluster.fails = 'mend b';
  await expect(changes.undoAll()).rejects.toThrow('no');
  expect(cluster.transcript.slice(2)).toEqual(['mend b', 'mend a']);
  expect(cluster.notes.size).toBe(1);
});
