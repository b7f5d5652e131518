import { spawn } from 'node:child_process';
import { Refusal } from '@stampede/supervisor';

/** How a command ended. `code` is 127 where there is no such program. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Given to the command's standard input. */
  readonly input?: string;
}

/** Runs programs of this machine: the one way in which the cluster is changed or asked. */
export type Commands = (program: string, args: readonly string[], options?: CommandOptions) => Promise<Outcome>;

const NOT_FOUND = 127;
const LINES_TO_TELL = 4;

/** Runs them for real, in `folder`, and keeps what they print. */
export function commandsIn(folder: string): Commands {
  return (program, args, { input } = {}) =>
    new Promise((resolve) => {
      const child = spawn(program, [...args], { cwd: folder, stdio: 'pipe' });
      const [stdout, stderr]: [string[], string[]] = [[], []];
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
      child.once('error', ({ message }) => resolve({ code: NOT_FOUND, stdout: '', stderr: message }));
      child.once('close', (code) => resolve({ code: code ?? 1, stdout: stdout.join(''), stderr: stderr.join('') }));
      child.stdin.on('error', () => undefined); // it may end without reading: its exit code says enough
      child.stdin.end(input);
    });
}

/** What a command printed. @throws Refusal with its last lines when it fails */
export async function mustRun(
  commands: Commands,
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await commands(program, args, options);
  if (code === 0) return stdout;
  const said = (stderr.trim() === '' ? stdout : stderr).trim().split('\n').slice(-LINES_TO_TELL).join('\n  ');
  throw new Refusal(`\`${[program, ...args].join(' ')}\` failed with code ${code}:\n  ${said}`);
}
