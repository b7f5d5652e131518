import type { Session as Token } from '@stampede/contracts';
import { shopNow } from './clock';
import { read, remove, write } from './store';

export interface Session extends Token {
  readonly email: string;
}

const KEY = 'session';
const listeners = new Set<() => void>();

/** The signed-in buyer, or undefined when nobody is or the token has run out. */
export function session(): Session | undefined {
  const kept = read<Session>(KEY);
  return kept && Date.parse(kept.expiresAt) > shopNow() ? kept : undefined;
}

/** The e-mail used last, to offer it again after the session ran out. */
export function lastEmail(): string {
  return read<string>('email') ?? '';
}

export function keepSession(fresh: Session): void {
  write(KEY, fresh);
  write('email', fresh.email);
  tell();
}

export function endSession(): void {
  remove(KEY);
  tell();
}

/** Calls back after every sign-in and sign-out, here or in another tab, until `signal` aborts. */
export function onSessionChange(changed: () => void, signal: AbortSignal): void {
  listeners.add(changed);
  signal.addEventListener('abort', () => listeners.delete(changed), { once: true });
}

addEventListener('storage', (event) => {
  if (event.key === null || event.key.endsWith(KEY)) tell();
});

function tell(): void {
  for (const changed of listeners) changed();
}
