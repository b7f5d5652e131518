import { randomBytes } from 'node:crypto';
import { uuidv7 } from '@stampede/db';
import type { StepContext, StepResult } from '@stampede/saga';
import type { OrderSaga } from './order.saga';
import { insertTickets } from './order.sql';

const CODE_BYTES = 15;
/** Crockford's alphabet: no letter is taken for a digit when a code is read aloud at the gate. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The saga's pivot: once there are tickets, the order goes forward. */
export async function issueTickets({ id, state }: StepContext<OrderSaga>): Promise<StepResult<OrderSaga>> {
  const tickets = Array.from({ length: state.quantity }, (_, seatNo) => ({
    ticketId: uuidv7(),
    seatNo,
    code: ticketCode(),
  }));
  return { commit: (tx) => insertTickets(tx, id, tickets) };
}

/** 24 characters in four groups, from 120 random bits: nobody guesses another's ticket. @see Crockford, Base 32 */
export function ticketCode(): string {
  const bits = BigInt(`0x${randomBytes(CODE_BYTES).toString('hex')}`);
  const letters = Array.from({ length: 24 }, (_, n) => ALPHABET[Number((bits >> BigInt(5 * n)) & 31n)]);
  return [0, 6, 12, 18].map((start) => letters.slice(start, start + 6).join('')).join('-');
}
