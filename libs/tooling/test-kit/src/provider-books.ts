import type { StatementEntry } from '@stampede/contracts';
import { request } from 'undici';

/** The payment provider's own books: what really happened to the money. */
export class ProviderBooks {
  constructor(readonly url: string) {}

  /** Money that moved, oldest first. */
  async statement(): Promise<StatementEntry[]> {
    const { body } = await request(`${this.url}/statement`);
    return ((await body.json()) as { entries: StatementEntry[] }).entries;
  }

  /** Charges for an order, under whichever key; declined ones are none. */
  async capturesOf(orderId: string): Promise<StatementEntry[]> {
    return (await this.statement()).filter(({ kind, key }) => kind === 'capture' && isOf(orderId, key));
  }

  async refundsOf(orderId: string): Promise<StatementEntry[]> {
    return (await this.statement()).filter(({ kind, key }) => kind === 'refund' && isOf(orderId, key));
  }
}

/** The first key is the order's id; later ones, and refunds, add to it. */
function isOf(orderId: string, key: string): boolean {
  return key === orderId || key.startsWith(`${orderId}.`);
}
