import type { Change, Instruction, Made } from '@stampede/faults';

/** What an instruction's program prints. */
export type Carry = (instruction: Instruction) => Promise<string>;

interface Note {
  readonly name: string;
  readonly unmake: readonly Instruction[];
}

interface KeptNotes {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly data: { readonly note: string } }[];
}

const LABEL = 'stampede/prove=undo';

/**
 * What a run changes of a cluster. Each change is noted on the cluster before it is made, with what takes it back, so
 * that it is undone in the opposite order, and by the next run where this one was killed.
 */
export class Changes {
  private readonly made: Made[] = [];
  private count = 0;

  constructor(
    private readonly carry: Carry,
    private readonly namespace: string,
    private readonly now: () => number = Date.now,
  ) {}

  async make({ name, make, unmake }: Change): Promise<Made> {
    this.count += 1;
    const note = `prove-undo-${this.now()}-${String(this.count).padStart(3, '0')}`; // sorted as they were made
    await this.carry({ args: ['create', '--filename=-'], input: noteOf(note, this.namespace, { name, unmake }) });
    let undone: Promise<void> | undefined;
    const made = { undo: () => (undone ??= this.unmake(note, unmake)) };
    this.made.push(made);
    for (const instruction of make) await this.carry(instruction);
    return made;
  }

  /** Everything that is still made. @throws Error of the first that cannot be taken back, when all were tried */
  async undoAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const { undo } of this.made.splice(0).toReversed()) await undo().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** What an earlier run left behind. @returns the names of its changes */
  async undoLeftovers(): Promise<readonly string[]> {
    const kept = ['get', 'configmaps', `--namespace=${this.namespace}`, `--selector=${LABEL}`, '--output=json'];
    const found = await this.carry({ args: kept });
    const { items } = JSON.parse(found) as KeptNotes;
    const names: string[] = [];
    for (const { metadata, data } of items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1))) {
      const { name, unmake } = JSON.parse(data.note) as Note;
      await this.unmake(metadata.name, unmake);
      names.push(name);
    }
    return names;
  }

  private async unmake(note: string, unmake: readonly Instruction[]): Promise<void> {
    for (const instruction of unmake) await this.carry(instruction);
    const gone = ['--ignore-not-found', '--wait=false'];
    await this.carry({ args: ['delete', 'configmap', note, `--namespace=${this.namespace}`, ...gone] });
  }
}

function noteOf(name: string, namespace: string, note: Note): string {
  const [label = '', value = ''] = LABEL.split('=');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { [label]: value } },
    data: { note: JSON.stringify(note) },
  });
}
