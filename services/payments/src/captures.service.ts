import { Inject, Injectable } from '@nestjs/common';
import type { CaptureOutcome } from '@stampede/contracts';
import type { Database } from '@stampede/db';
import { UnknownOutcome, type Budget } from '@stampede/resilience';
import { CONFIG, DATABASE, Refused, Unavailable } from '@stampede/service-kit';
import { metricsOf } from '@stampede/telemetry';
import { mitigated } from '@stampede/topology';
import {
  insertIntent,
  lockAndSeal,
  markLost,
  markRefunded,
  markUnsent,
  reopenIntent,
  selectLatest,
  settle,
  type CaptureRow,
} from './capture.sql';
import type { PaymentsConfig } from './config';
import { ProviderClient } from './provider.client';

export interface CaptureRequest {
  readonly orderId: string;
  readonly attempt: number;
  readonly amount: number;
  readonly currency: string;
  readonly token: string;
}

const NEVER: CaptureOutcome = { outcome: 'never' };
/** The request that waits for the provider has its answer soon. */
const IN_FLIGHT_RETRY_MS = 500;
/** One call, and two repeats after errors of the provider. */
const CALLS_IN_FLIGHT = 3;
/** After a refund no attempt may capture: the highest number that the column holds. */
const EVERY_ATTEMPT = 2 ** 31 - 1;

/**
 * Why no card is charged twice: an attempt is stored before it is sent; one that may have been sent is asked for, under
 * its key, before
 * anything is repeated; a new key is used only once the provider has said that the old one never captured and never
 * will; and an attempt
 * that arrives after it was settled is not sent at all.
 */
@Injectable()
export class Captures {
  private readonly ask: ProviderClient['ask'];

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CONFIG) private readonly config: PaymentsConfig,
    private readonly provider: ProviderClient,
  ) {
    const byKey: ProviderClient['ask'] = (key, budget) => provider.ask(key, budget);
    const silenceIsFailure: ProviderClient['ask'] = async () => NEVER;
    this.ask = mitigated('ask-provider-by-key', byKey, silenceIsFailure, config.env);
  }

  /**
   * `never`: this attempt captured nothing and never will, the next one may. @throws unavailable (nothing was sent),
   * outcome_unknown (settle it)
   */
  async capture(request: CaptureRequest, budget: Budget): Promise<CaptureOutcome> {
    const { row, fresh } = await this.begin(request);
    if (row === undefined) return NEVER;
    if (fresh) return this.send(row, request.token, budget);
    return this.known(row, budget);
  }

  /** Whatever happened before, this tells it. @throws unavailable, outcome_unknown */
  async settle(orderId: string, attempt: number, budget: Budget): Promise<CaptureOutcome> {
    const row = await this.sealed(orderId, attempt);
    return row === undefined ? NEVER : this.known(row, budget);
  }

  /**
   * Gives back what the order was charged, once. @throws unavailable, outcome_unknown: repeat it, the key is the same
   */
  async refund(orderId: string, budget: Budget): Promise<'refunded' | 'never'> {
    const row = await this.sealed(orderId, EVERY_ATTEMPT);
    if (row === undefined || (await this.known(row, budget)).outcome !== 'captured') return 'never';
    if (row.status !== 'refunded') {
      const { key, amount, currency } = row;
      await this.provider.refund({ key: `${key}.refund`, captureKey: key, amount, currency }, budget);
      await markRefunded(this.database, key);
      this.count('refund', 'refunded');
    }
    return 'refunded';
  }

  /** The row to send (fresh) or to answer from; none where the attempt is void already. */
  private begin(request: CaptureRequest): Promise<{ row: CaptureRow | undefined; fresh: boolean }> {
    return this.database.transaction(async (tx) => {
      const sealed = await lockAndSeal(tx, request.orderId, 0);
      const latest = await selectLatest(tx, request.orderId);
      if (latest !== undefined && latest.status !== 'never') assertSame(latest, request);
      if (latest === undefined || latest.status === 'never') {
        if (request.attempt <= Math.max(sealed, latest?.attempt ?? 0)) return { row: undefined, fresh: false };
        return { row: await insertIntent(tx, request, this.inFlightMs), fresh: true };
      }
      if (latest.status !== 'unsent') return { row: latest, fresh: false };
      if (request.attempt <= sealed) return { row: undefined, fresh: false };
      await reopenIntent(tx, latest.key, this.inFlightMs);
      return { row: latest, fresh: true };
    });
  }

  private sealed(orderId: string, attempt: number): Promise<CaptureRow | undefined> {
    return this.database.transaction(async (tx) => {
      await lockAndSeal(tx, orderId, attempt);
      return selectLatest(tx, orderId);
    });
  }

  private async send({ key, amount, currency }: CaptureRow, token: string, budget: Budget): Promise<CaptureOutcome> {
    let outcome: CaptureOutcome;
    try {
      outcome = await this.provider.capture({ key, amount, currency, token }, budget);
    } catch (error) {
      await stored((error instanceof Unavailable ? markUnsent : markLost)(this.database, key));
      throw error;
    }
    await stored(settle(this.database, key, outcome));
    this.count('capture', outcome.outcome);
    return outcome;
  }

  private async known(row: CaptureRow, budget: Budget): Promise<CaptureOutcome> {
    // What is given back was captured once.
    if (row.status === 'captured' || row.status === 'refunded') return { outcome: 'captured' };
    if (row.status === 'declined') return { outcome: 'declined', declineCode: row.decline_code ?? 'card_declined' };
    if (row.status !== 'intent') return NEVER;
    if (row.in_flight) throw new Unavailable('another request captures this order', IN_FLIGHT_RETRY_MS);
    const outcome = await this.ask(row.key, budget);
    await settle(this.database, row.key, outcome);
    this.count('ask', outcome.outcome);
    return outcome;
  }

  private get inFlightMs(): number {
    return CALLS_IN_FLIGHT * this.config.PAYMENTS_PROVIDER_TIMEOUT_MS;
  }

  private count(operation: string, outcome: string): void {
    metricsOf(this.config.service).count('captures', { operation, outcome });
  }
}

/** What the provider said and nobody could write down is not known. @throws outcome_unknown */
async function stored(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    throw new UnknownOutcome('connection_lost', { cause: error });
  }
}

function assertSame(row: CaptureRow, request: CaptureRequest): void {
  if (row.amount === request.amount && row.currency === request.currency) return;
  throw new Refused('idempotency_conflict', 'this order was captured with another amount');
}
