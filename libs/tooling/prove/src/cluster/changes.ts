import type { Change, Instruction, Made } from '@stampede/faults';
import { Unavailable } from '../world';
import { mayTakeBack } from './leftover';

/** What an instruction's program prints. */
export type Carry = (instruction: Instruction) => Promise<string>;

interface Note {
  readonly name: string;
  readonly unmake: readonly Instruction[];
}

interface KeptNotes {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly data?: { readonly note?: string };
  }[];
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

  /** @throws Error for a change that a next run would not take back, which is not made */
  async make({ name, make, unmake }: Change): Promise<Made> {
    const strange = unmake.find((instruction) => !mayTakeBack(instruction));
    if (strange !== undefined) throw new Error(`"${name}" is not made: ${inWords(strange)} may take nothing back`);
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

  /**
   * What an earlier run left behind, as far as it may be taken back: whoever writes ConfigMaps writes notes. @returns
   * the names of its changes. @throws Unavailable that names those which are still there, when all were tried
   */
  async undoLeftovers(): Promise<readonly string[]> {
    const kept = ['get', 'configmaps', `--namespace=${this.namespace}`, `--selector=${LABEL}`, '--output=json'];
    const found = await this.carry({ args: kept });
    const { items } = JSON.parse(found) as KeptNotes;
    const [names, left]: [string[], string[]] = [[], []];
    for (const { metadata, data } of items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1)))
      await this.undoLeftover(metadata.name, data?.note).then(
        (name) => names.push(name),
        (error: unknown) => left.push(`${metadata.name}: ${error instanceof Error ? error.message : String(error)}`),
      );
    if (left.length > 0)
      throw new Unavailable(
        `what a run left on the cluster is still there; see to it and delete its ConfigMap: ${left.join('; ')}`,
      );
    return names;
  }

  /** @returns the name of the change. @throws Error for a note that nobody should carry out, which is kept */
  private async undoLeftover(note: string, text = ''): Promise<string> {
    const { name, unmake } = JSON.parse(text) as Note;
    const strange = unmake.find((instruction) => !mayTakeBack(instruction));
    if (strange !== undefined)
      throw new Error(`"${name}" is not taken back, for no fault asks for: ${inWords(strange)}`);
    await this.unmake(note, unmake);
    return name;
  }

  private async unmake(note: string, unmake: readonly Instruction[]): Promise<void> {
    for (const instruction of unmake) await this.carry(instruction);
    const gone = ['--ignore-not-found', '--wait=false'];
    await this.carry({ args: ['delete', 'configmap', note, `--namespace=${this.namespace}`, ...gone] });
  }
}

function inWords({ program, args }: Instruction): string {
  return `\`${[program ?? 'kubectl', ...args].join(' ')}\``;
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
