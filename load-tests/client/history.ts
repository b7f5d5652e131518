import { elapsedMs } from './clock.ts';

/** k6's own; its types do not have it. */
declare const console: { log(line: string): void };

export interface CallLine {
  /** ms since the load began, when the attempt was sent. */
  readonly t: number;
  /** As `t`, of the first attempt of the same request: when the buyer began it. */
  readonly b: number;
  readonly route: string;
  /** Status, 0 for no answer. */
  readonly s: number;
  readonly ms: number;
  /** Which attempt, from 1. */
  readonly n: number;
  /** 1 when the caller gave up with it. */
  readonly f: 0 | 1;
  readonly code?: string;
}

/** The buyers' own history: one line of JSON for each attempt, and for what they saw happen. Nothing during setup. */
export function logCall(line: CallLine): void {
  console.log(JSON.stringify(line));
}

/** No e-mail, no token, no card: the history is kept as evidence. */
export function logSeen(seen: string, detail: Readonly<Record<string, unknown>> = {}): void {
  const t = elapsedMs();
  if (t !== undefined) console.log(JSON.stringify({ t, seen, ...detail }));
}

/** The line that the runner waits for: phases count from here. */
export function logBegin(epochMs: number): void {
  console.log(JSON.stringify({ begin: epochMs }));
}
