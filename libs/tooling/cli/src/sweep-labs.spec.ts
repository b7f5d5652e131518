import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sweepLabs } from './sweep-labs';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stampede-sweep-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function lab(name: string, ageMs: number): string {
  const state = join(home, name, 'state');
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, '.gitignore'), '*');
  const changed = new Date(Date.now() - ageMs);
  utimesSync(join(home, name), changed, changed);
  return state;
}

/** As the runner of a shop holds its state. */
async function runnerOn(state: string): Promise<Server> {
  const server = createServer((_, reply) => void reply.end('{}'));
  await new Promise<void>((listening) => void server.listen(join(state, 'runner.sock'), listening));
  return server;
}

test('a lab of a killed prover is deleted; one that runs, one that opens and what is none stay', async () => {
  lab('stampede-lab-killed', 3_600_000);
  const runner = await runnerOn(lab('stampede-lab-running', 3_600_000));
  utimesSync(join(home, 'stampede-lab-running'), 0, 0);
  lab('stampede-lab-opening', 60_000);
  lab('stampede-bench', 3_600_000);
  mkdirSync(join(home, 'stampede-lab-thesis', 'state'), { recursive: true });
  writeFileSync(join(home, 'stampede-lab-thesis', 'state', 'thesis.txt'), 'years of work');
  utimesSync(join(home, 'stampede-lab-thesis'), 0, 0);
  try {
    expect(await sweepLabs(home)).toBe(1);
    expect(readdirSync(home)).toEqual([
      'stampede-bench',
      'stampede-lab-opening',
      'stampede-lab-running',
      'stampede-lab-thesis',
    ]);
  } finally {
    runner.close();
  }
});
