import type { Tx } from '@stampede/db';
import { markDelivered, type NewMail } from './mail.sql';

/**
 * The way out to buyers; the seam to a company outside. It takes a letter in the transaction that writes it, so it must
 * store, not send: whoever really sends does so after the commit, from what was stored, with `mailId` as the key that
 * makes a repeat harmless.
 */
export interface OutboundMail {
  deliver(tx: Tx, letter: NewMail, address: string): Promise<void>;
}

export const OUTBOUND_MAIL = Symbol('outbound mail');

/** The reference's mailbox: a letter is delivered when it lies in table `mail` with its address. */
export class Mailbox implements OutboundMail {
  deliver(tx: Tx, { mailId }: NewMail, address: string): Promise<void> {
    return markDelivered(tx, mailId, address);
  }
}
