import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Refusal } from '@stampede/supervisor';

/** Scenarios are TypeScript files and thresholds have phases: both are k6's since its second major version. */
const MAJOR = 2;
const IMAGE = 'grafana/k6:2.2.0';
const ANSWER_MS = 5_000;
/** The image may have to be fetched first. */
const IMAGE_MS = 180_000;

/** A k6 that runs here. */
export interface K6 {
  /** `2.2.0` */
  readonly version: string;
  /** `k6` on the PATH, or a container. */
  readonly from: 'path' | 'image';
}

/** What it takes to run k6 once. */
export interface K6Run {
  readonly args: readonly string[];
  /** Names of the variables that k6 is to see. */
  readonly variables: readonly string[];
  /** Absolute paths that it reads, and one folder that it writes. */
  readonly reads: string;
  readonly writes: string;
  /** Of the container. */
  readonly name: string;
  /** The one that it may use, from 0; any unless given. */
  readonly core?: number;
}

export interface K6Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** @throws Refusal with one line that says how to get k6 */
export async function findK6(): Promise<K6> {
  const here = await versionOf('k6', ['version'], ANSWER_MS);
  if (here !== undefined && majorOf(here) === MAJOR) return { version: here, from: 'path' };
  const inImage = await versionOf('docker', ['run', '--rm', IMAGE, 'version'], IMAGE_MS);
  if (inImage !== undefined) return { version: inImage, from: 'image' };
  const instead = here === undefined ? 'none is on the PATH' : `the one on the PATH is v${here}`;
  throw new Refusal(
    `load needs k6 v${MAJOR}, and ${instead}: install it (https://grafana.com/docs/k6/latest/set-up/install-k6/) ` +
      `or start Docker, which then runs ${IMAGE}`,
  );
}

export function k6Command({ from }: K6, run: K6Run): K6Command {
  const { args, variables, reads, writes, name, core } = run;
  if (from === 'path') {
    const pinned = core === undefined ? [] : ['taskset', '-c', String(core)];
    const [program = 'k6', ...rest] = [...pinned, 'k6', ...args];
    return { program, args: rest };
  }
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const mounts = ['--volume', `${reads}:${reads}:ro`, '--volume', `${writes}:${writes}`];
  const pinned = core === undefined ? [] : ['--cpuset-cpus', String(core)];
  const limits = ['--network', 'host', '--user', user, ...pinned];
  const environment = variables.flatMap((variable) => ['--env', variable]);
  return {
    program: 'docker',
    args: ['run', '--rm', '--name', name, ...limits, ...mounts, ...environment, IMAGE, ...args],
  };
}

/** undefined where the program is missing, fails or says something else. */
async function versionOf(program: string, args: readonly string[], timeoutMs: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, [...args], { timeout: timeoutMs });
    return /^k6(?:\.exe)? v(\d+\.\d+\.\d+)/m.exec(stdout)?.[1];
  } catch {
    return undefined; // whatever is wrong with it, it is none that we can run
  }
}

function majorOf(version: string): number {
  return Number(version.split('.')[0]);
}
