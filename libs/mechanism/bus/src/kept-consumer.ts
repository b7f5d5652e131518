import { pause } from './delivery';
import { notice } from './diagnostics';
import type { SubscribeOptions, Subscription } from './port';

const FIRST_REOPEN_MS = 200;
const LONGEST_REOPEN_MS = 2_000;

/** A client's consumer that is a member of its group. */
export interface RunningConsumer {
  /** Resolves with the reason when the consumer has ended by itself. */
  ended: Promise<unknown>;
  /** Finishes and commits what is in hand, leaves the group, closes the connections. */
  close(): Promise<void>;
}

/** Keeps a consumer in its group until stopped: one that ends is opened anew, after growing pauses. */
export class KeptConsumer implements Subscription {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly options: SubscribeOptions,
    private readonly open: (signal: AbortSignal) => Promise<RunningConsumer>,
  ) {}

  /** Resolves when the group has let the consumer in, or when the first try failed; it goes on trying then. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.running ??= this.keep(resolve).finally(resolve);
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async keep(tried: () => void): Promise<void> {
    const { signal } = this.stopping;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    let reopenMs = FIRST_REOPEN_MS;
    while (!signal.aborted) {
      try {
        const consumer = await this.open(signal);
        reopenMs = FIRST_REOPEN_MS;
        tried();
        const reason = await Promise.race([consumer.ended, stopped]);
        if (!signal.aborted) this.lost(reason);
        await consumer.close();
      } catch (error) {
        this.lost(error);
      }
      tried();
      await pause(reopenMs, signal);
      reopenMs = Math.min(reopenMs * 2, LONGEST_REOPEN_MS);
    }
  }

  private lost(error: unknown): void {
    notice({ kind: 'back-end-lost', topic: this.options.topic, group: this.options.group, error });
  }
}
