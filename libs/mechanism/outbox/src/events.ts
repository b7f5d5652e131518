import { channel } from 'node:diagnostics_channel';

/** What `stampede:outbox` carries, for whoever counts. Messages hold no data of an event. */
export type OutboxMessage =
  | { readonly kind: 'published'; readonly topic: string; readonly count: number; readonly oldestAgeMs: number }
  | { readonly kind: 'contended'; readonly shard: number } // another relay is at it
  | { readonly kind: 'publish-failed'; readonly error: unknown; readonly retryInMs: number }
  | { readonly kind: 'purged'; readonly table: 'outbox' | 'inbox'; readonly count: number }
  | { readonly kind: 'applied' | 'duplicate' | 'parked'; readonly consumer: string; readonly type: string };

const outboxChannel = channel('stampede:outbox');

export function tell(message: OutboxMessage): void {
  if (outboxChannel.hasSubscribers) {
    outboxChannel.publish(message);
  }
}
