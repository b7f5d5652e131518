import { providerApi, type CaptureOutcome, type ReplyOf } from '@stampede/contracts';
import { UnknownOutcome, type Budget } from '@stampede/resilience';
import { RemoteProblem, Unavailable, peer, type Peer } from '@stampede/service-kit';
import type { PaymentsConfig } from './config';

/** One attempt to capture, as it is sent. */
export interface CaptureCall {
  /** Without it a repeat is a second charge. */
  readonly key: string;
  readonly amount: number;
  readonly currency: string;
  readonly token: string;
}

export interface RefundCall {
  readonly key: string;
  readonly captureKey: string;
  readonly amount: number;
  readonly currency: string;
}

/**
 * Calls under one key while the provider answers with errors of its own; it did answer, and the key makes a repeat
 * safe.
 */
const MOST_CALLS_PER_KEY = 3;

/**
 * The provider behind one policy: bulkhead, circuit breaker, timeout. Nothing is retried here after silence, because
 * silence is not failure. Every method @throws unavailable (it was not sent) or outcome_unknown (ask by the key).
 */
export class ProviderClient {
  private readonly provider: Peer<typeof providerApi>;

  constructor(config: PaymentsConfig) {
    this.provider = peer(providerApi, {
      addresses: [config.PROVIDER_URL],
      service: config.service,
      name: 'payment-provider',
      timeoutMs: config.PAYMENTS_PROVIDER_TIMEOUT_MS,
      bulkhead: { maxInFlight: config.PAYMENTS_MOST_IN_FLIGHT, maxQueue: config.PAYMENTS_MOST_QUEUED },
      breaker: {
        failureRatio: config.PAYMENTS_BREAKER_FAILURE_RATIO,
        volumeThreshold: config.PAYMENTS_BREAKER_VOLUME,
        openMs: config.PAYMENTS_BREAKER_OPEN_MS,
      },
      ejection: false,
      retries: false,
    });
  }

  /**
   * `never` where the provider refuses the key because it was once answered as never captured. @throws Error for a key
   * with other figures
   */
  async capture(call: CaptureCall, budget: Budget): Promise<CaptureOutcome> {
    try {
      return outcomeOf(await answered(() => this.provider.capture({ ...call }, { budget, priority: 'critical' })));
    } catch (error) {
      if (error instanceof RemoteProblem && error.code === 'idempotency_conflict') return this.askRefused(call, budget);
      throw error;
    }
  }

  /** Why a key was refused: void, or used for something else, which nobody but a bug does. */
  private async askRefused({ key, amount, currency }: CaptureCall, budget: Budget): Promise<CaptureOutcome> {
    const outcome = await this.ask(key, budget);
    if (outcome.outcome === 'never') return outcome;
    throw new Error(`the provider has another capture than ${amount} ${currency} under ${key}`);
  }

  /** Settles an unknown outcome. `never` is final: the provider refuses the key from then on. */
  async ask(key: string, budget: Budget): Promise<CaptureOutcome> {
    try {
      return outcomeOf(await this.provider.readCapture({ key }, { budget, priority: 'critical' }));
    } catch (error) {
      if (error instanceof RemoteProblem && error.code === 'not_found') return { outcome: 'never' };
      throw error;
    }
  }

  /** Once per key; repeating it is safe. */
  async refund(call: RefundCall, budget: Budget): Promise<void> {
    await answered(() => this.provider.refund({ ...call }, { budget, priority: 'critical', idempotent: true }));
  }
}

/**
 * Repeats, under the same key, a call that was answered with a server error. After one such answer nothing is certain
 * but by asking.
 */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  for (let calls = 1; ; calls += 1) {
    try {
      return await call();
    } catch (error) {
      if (calls > 1 && error instanceof Unavailable) throw new UnknownOutcome('gateway', { cause: error });
      if (calls === MOST_CALLS_PER_KEY || !isServerError(error)) throw error;
    }
  }
}

function isServerError(error: unknown): boolean {
  const status = error instanceof UnknownOutcome ? (error.cause as { status?: number } | undefined)?.status : undefined;
  return status === 500;
}

function outcomeOf(capture: ReplyOf<typeof providerApi.routes.capture>): CaptureOutcome {
  if (capture.status === 'captured') return { outcome: 'captured' };
  return { outcome: 'declined', declineCode: capture.declineCode ?? 'card_declined' };
}
