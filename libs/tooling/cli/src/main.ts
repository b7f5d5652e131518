import { Command } from 'commander';
import { Refusal } from '@stampede/supervisor';
import { auditVerb } from './audit.verb';
import { benchVerb } from './bench.verb';
import { buildVerb } from './build.verb';
import { checkVerb } from './check.verb';
import { eraseVerb } from './erase.verb';
import { onsaleVerb } from './onsale.verb';
import { startVerb } from './start.verb';
import { syncVerb } from './sync.verb';
import { testVerb } from './test.verb';
import { tokenVerb } from './token.verb';
import type { Verb } from './verb';

const verbs: readonly Verb[] = [startVerb, testVerb, checkVerb, buildVerb, eraseVerb, tokenVerb, auditVerb, onsaleVerb, benchVerb, syncVerb];

/** Runs one command line, `argv` as Node gives it. Ends the process with code 1 and one line when the verb refuses. */
export async function main(argv: readonly string[], root: string): Promise<void> {
  const program = new Command('stampede')
    .description('A ticket on-sale that proves what it promises.')
    .helpCommand(false);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const verb of verbs) verb(program, { root, env: process.env, print });
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`stampede: ${error.message}\n`);
    process.exitCode = 1;
  }
}
