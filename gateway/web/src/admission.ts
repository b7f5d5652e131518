import { shopNow } from './clock';
import { session } from './session';
import { read, remove, write } from './store';

interface Admission {
  readonly token?: string;
  readonly buyerId: string;
  readonly admittedAt: number;
}

const ADMISSION_MS = 10 * 60 * 1_000; // as long as the shop honours it

export function keepAdmission(eventId: string, token: string | undefined): void {
  const admission: Admission = {
    ...(token ? { token } : {}),
    buyerId: session()?.buyerId ?? '',
    admittedAt: shopNow(),
  };
  write(`admission.${eventId}`, admission);
}

/** The signed-in buyer's admission to a match with a waiting room; its token goes along with a hold. */
export function admission(eventId: string): Admission | undefined {
  const kept = read<Admission>(`admission.${eventId}`);
  return kept && kept.buyerId === session()?.buyerId && kept.admittedAt + ADMISSION_MS > shopNow() ? kept : undefined;
}

export function forgetAdmission(eventId: string): void {
  remove(`admission.${eventId}`);
}
