import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * Above the niceness of whoever starts them. Of processes that share one processor, the edge comes first: it decides
 * what is served and what is refused, and it must be able to when all behind it have their hands full. What no buyer
 * waits for comes last.
 */
const NICENESS: Readonly<Record<string, number>> = { gateway: 0, shop: 0, notifications: 10, billing: 10, audit: 10 };
const BEHIND_THE_EDGE = 5;
const NICEST = 19;

/** To be called right after the start, before the process has threads: these are as nice as the one that made them. */
export function becomeNice(pid: number | undefined, service: string): void {
  if (pid === undefined) return;
  const more = NICENESS[service] ?? BEHIND_THE_EDGE;
  try {
    setPriority(pid, Math.min(NICEST, getPriority() + more));
    // Each of them leads a session, and Linux may share the processor between sessions before it looks at processes.
    writeFileSync(`/proc/${pid}/autogroup`, String(more));
  } catch {
    // it has ended already, or the system knows no priorities: then all are equal
  }
}
