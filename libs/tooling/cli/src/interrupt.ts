import { Refusal } from '@stampede/supervisor';
import { whenOrphaned } from './orphan';

/** As a shell counts an end by SIGINT. */
export const INTERRUPTED_EXIT = 130;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Work that undoes what it has begun when it is interrupted, or when whoever started it was killed: its signal aborts
 * with a Refusal of that line, and the process ends with 130.
 */
export async function interruptible<T>(line: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    process.exitCode = INTERRUPTED_EXIT;
    interrupt.abort(new Refusal(line));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const unwatch = whenOrphaned(onSignal);
  try {
    return await work(interrupt.signal);
  } finally {
    unwatch();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
