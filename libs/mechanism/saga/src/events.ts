import { channel } from 'node:diagnostics_channel';

/** What `stampede:saga` carries, for whoever counts. Messages hold nothing of a saga's state. */
export type SagaMessage = { readonly saga: string } & (
  | { readonly kind: 'started' | 'taken-over' | 'lease-lost' }
  | {
      readonly kind: 'done' | 'rejected' | 'unknown' | 'not-happened' | 'timed-out' | 'compensated';
      readonly step: string;
    }
  | {
      readonly kind: 'failed';
      readonly step: string;
      readonly attempt: number;
      readonly retryInMs: number;
      readonly error: unknown;
    }
  | { readonly kind: 'finished'; readonly outcome: 'completed' | 'compensated' }
  | { readonly kind: 'store-failed'; readonly error: unknown }
);

const sagaChannel = channel('stampede:saga');

export function tell(message: SagaMessage): void {
  if (sagaChannel.hasSubscribers) {
    sagaChannel.publish(message);
  }
}
