import type { ActiveFault, Change, Fault, Lab, LabCluster } from '../src';

/** A cluster that answers questions by their first words, and keeps a transcript of what was done to it. */
export class FakeCluster implements LabCluster {
  readonly root = '/nowhere';
  readonly namespace = 'stampede';
  readonly transcript: string[] = [];
  readonly journal: { kind: string; detail?: Readonly<Record<string, unknown>> }[] = [];
  /** What PromQL adds up to now. */
  figure = 0;

  constructor(
    private readonly objects: Readonly<Record<string, unknown>> = {},
    private readonly answers: Readonly<Record<string, string>> = {},
  ) {}

  async kubectl(args: readonly string[]): Promise<string> {
    const line = args.join(' ');
    const known = Object.entries(this.answers).find(([words]) => line.includes(words));
    if (known === undefined) this.transcript.push(line);
    return known?.[1] ?? '';
  }

  async get<T>(args: readonly string[]): Promise<T | undefined> {
    return this.objects[args[0] ?? ''] as T | undefined;
  }

  async query(): Promise<number> {
    return this.figure;
  }

  async change({ make, unmake }: Change): Promise<{ undo(): Promise<void> }> {
    const told = ({ program, args }: Change['make'][number]) => [program ?? 'kubectl', ...args].join(' ');
    this.transcript.push(...make.map(told));
    let undone = false;
    return {
      undo: async () => {
        if (!undone) this.transcript.push(...unmake.map(told));
        undone = true;
      },
    };
  }

  start(fault: Fault): Promise<ActiveFault> {
    const record: Lab['record'] = (kind, detail) =>
      void this.journal.push({ kind, ...(detail === undefined ? {} : { detail }) });
    const lab = { random: () => 0.5, signal: new AbortController().signal, shop: { cluster: this }, record };
    return fault.start(lab as unknown as Lab);
  }
}
