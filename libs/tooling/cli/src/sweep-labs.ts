import { readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eraseStateFolder, isRunning } from '@stampede/supervisor';

const PREFIX = 'stampede-lab-';
/** A shop in a lab takes orders within this, however long its Kafka takes to be fetched and started. */
const OPENING_MS = 600_000;

/**
 * Deletes what killed provers have left of their shops: folders of labs in which no shop runs, and none can be still
 * opening. What cannot be told or deleted stays. @returns how many are gone
 */
export async function sweepLabs(below = tmpdir()): Promise<number> {
  const labs = readdirSync(below).filter((name) => name.startsWith(PREFIX));
  const swept = await Promise.all(labs.map((name) => sweep(join(below, name))));
  return swept.filter(Boolean).length;
}

async function sweep(lab: string): Promise<boolean> {
  const state = join(lab, 'state');
  try {
    if (Date.now() - statSync(lab).mtimeMs < OPENING_MS || (await isRunning(state))) return false;
    await eraseStateFolder(state);
    rmSync(lab, { recursive: true });
    return true;
  } catch {
    return false; // another user's, a stopped prover's, or its PostgreSQL still runs: the next one tries again
  }
}
