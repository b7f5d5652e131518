import { Inject, Injectable } from '@nestjs/common';
import type { CaptureOutcome } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import type { Budget } from '@stampede/resilience';
import { DATABASE, Refused, Unavailable } from '@stampede/service-kit';
import { insertIntent, markRefunded, markUnsent, reopenIntent, selectLatest, settle, type CaptureRow } from './capture.sql';
import { ProviderClient } from './provider.client';

export interface CaptureRequest {
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly token: string;
}

/** Another caller is in the middle of the same order; its answer will be there soon. */
const BUSY_RETRY_MS = 500;

/**
 * Why no card is charged twice: an attempt is stored before it is sent; one that may have been sent is asked for, under its key, before
 * anything is repeated; and a new key is used only once the provider has said that the old one never captured and never will.
 */
@Injectable()
export class Captures {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly provider: ProviderClient,
  ) {}

  /** @throws unavailable (nothing was sent), outcome_unknown (settle it) */
  async capture(request: CaptureRequest, budget: Budget): Promise<CaptureOutcome> {
    const latest = await selectLatest(this.database, request.orderId);
    if (latest !== undefined && latest.status !== 'never') {
      assertSame(latest, request);
      const known = latest.status === 'intent' ? await this.ask(latest, budget) : outcomeOf(latest);
      if (known !== undefined && known.outcome !== 'never') return known;
      if (latest.status === 'unsent') return this.send(await this.reopened(latest), request.token, budget);
    }
    const attempt = (latest?.attempt ?? 0) + 1;
    const intent = await insertIntent(this.database, { ...request, attempt });
    if (intent === undefined) throw new Unavailable('another request captures this order', BUSY_RETRY_MS);
    return this.send(intent, request.token, budget);
  }

  /** Whatever happened before, this tells it; `never` means that a new capture may be tried. @throws unavailable, outcome_unknown */
  async settle(orderId: string, budget: Budget): Promise<CaptureOutcome> {
    const latest = await selectLatest(this.database, orderId);
    if (latest === undefined) return { outcome: 'never' };
    return (latest.status === 'intent' ? await this.ask(latest, budget) : outcomeOf(latest)) ?? { outcome: 'never' };
  }

  /** Gives back what the order was charged, once. @throws unavailable, outcome_unknown: repeat it, the key is the same */
  async refund(orderId: string, budget: Budget): Promise<'refunded' | 'never'> {
    const settled = await this.settle(orderId, budget);
    if (settled.outcome !== 'captured') return 'never';
    const capture = await selectLatest(this.database, orderId);
    if (capture === undefined) return 'never';
    if (capture.status === 'captured') {
      const { key, amount, currency } = capture;
      await this.provider.refund({ key: `${key}.refund`, captureKey: key, amount, currency }, budget);
      await markRefunded(this.database, key);
    }
    return 'refunded';
  }

  private async send({ key, amount, currency }: CaptureRow, token: string, budget: Budget): Promise<CaptureOutcome> {
    try {
      const outcome = await this.provider.capture({ key, amount, currency, token }, budget);
      await settle(this.database, key, outcome);
      return outcome;
    } catch (error) {
      if (error instanceof Unavailable) await markUnsent(this.database, key);
      throw error;
    }
  }

  private async ask({ key }: CaptureRow, budget: Budget): Promise<CaptureOutcome> {
    const outcome = await this.provider.ask(key, budget);
    await settle(this.database, key, outcome);
    return outcome;
  }

  private async reopened(row: CaptureRow): Promise<CaptureRow> {
    if (await reopenIntent(this.database, row.key)) return row;
    throw new Unavailable('another request captures this order', BUSY_RETRY_MS);
  }
}

/** A refunded order was captured once; undefined where nothing was ever sent. */
function outcomeOf(row: CaptureRow): CaptureOutcome | undefined {
  if (row.status === 'captured' || row.status === 'refunded') return { outcome: 'captured' };
  if (row.status === 'declined') return { outcome: 'declined', declineCode: row.decline_code ?? 'card_declined' };
  return row.status === 'never' ? { outcome: 'never' } : undefined;
}

function assertSame(row: CaptureRow, request: CaptureRequest): void {
  if (row.amount === request.amount && row.currency === request.currency) return;
  throw new Refused('idempotency_conflict', 'this order was captured with another amount');
}
