import { cpus, release, totalmem, type } from 'node:os';
import type { Machine } from './journal';

const GIB = 2 ** 30;

/** What figures must not be compared without. */
export function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / GIB),
    os: `${type()} ${release().split('-')[0]}`, // what comes after it names somebody's build
  };
}
