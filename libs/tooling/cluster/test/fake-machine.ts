import { resolve } from 'node:path';
import type { Commands, Outcome, Site } from '../src';
import { readVersions, type Mesh } from '../src';

/** A machine that answers commands by the first rule whose pattern their line has, else by success and nothing. */
export class FakeMachine {
  /** Every line that was run. */
  readonly lines: string[] = [];
  /** What was given to a command's standard input, by its line. */
  readonly inputs = new Map<string, string>();
  private readonly rules: { pattern: RegExp; answer: () => Partial<Outcome> }[] = [];

  readonly commands: Commands = (program, args, { input } = {}) => {
    const line = [program, ...args].join(' ');
    this.lines.push(line);
    if (input !== undefined) this.inputs.set(line, input);
    const answer = this.rules.find(({ pattern }) => pattern.test(line))?.answer() ?? {};
    return Promise.resolve({ code: 0, stdout: '', stderr: '', ...answer });
  };

  when(pattern: RegExp, answer: Partial<Outcome> | (() => Partial<Outcome>)): this {
    this.rules.push({ pattern, answer: typeof answer === 'function' ? answer : () => answer });
    return this;
  }

  ran(pattern: RegExp): string[] {
    return this.lines.filter((line) => pattern.test(line));
  }
}

export const root = resolve(__dirname, '../../../..');

export function siteOn(machine: FakeMachine, mesh: Mesh = 'sidecar', more: Partial<Site> = {}): Site {
  return {
    root,
    mesh,
    versions: readVersions(root),
    sources: undefined,
    rebuild: false,
    commands: machine.commands,
    print: () => undefined,
    ...more,
  };
}
