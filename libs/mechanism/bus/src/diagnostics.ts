import { channel } from 'node:diagnostics_channel';

/** What a bus tells whoever watches `stampede:bus`; it never carries an event's data. */
export type BusNotice =
  | {
      kind: 'retry';
      topic: string;
      group: string;
      partition: number;
      offset: string;
      failures: number;
      delayMs: number;
      error: unknown;
    }
  | { kind: 'dead-letter'; topic: string; group: string; partition: number; offset: string; error: unknown }
  | { kind: 'back-end-lost'; topic: string; group: string; error: unknown };

export const busChannel = channel('stampede:bus');

export function notice(what: BusNotice): void {
  if (busChannel.hasSubscribers) busChannel.publish(what);
}
