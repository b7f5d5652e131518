import { readFileSync } from 'node:fs';
import { mustRun, type Commands } from './commands';
import type { Resources } from './checks';

/** What Docker can give: on Linux what the kernel says is available, elsewhere what Docker's machine has. */
export async function resourcesHere(commands: Commands): Promise<Resources> {
  const said = await mustRun(commands, 'docker', ['info', '--format={{.NCPU}} {{.MemTotal}}']);
  const [cpus = 0, memoryBytes = 0] = said.trim().split(' ').map(Number);
  return { cpus, memoryAvailableBytes: availableOnLinux() ?? memoryBytes };
}

function availableOnLinux(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return kib === undefined ? undefined : Number(kib) * 1_024;
}
