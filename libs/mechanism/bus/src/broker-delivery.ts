import type { CloudEvent } from '@stampede/contracts';
import { judge, pause } from './delivery';
import { notice, type BusNotice } from './diagnostics';
import { deadLetterEvent, deadLetterTopic, decode, encode } from './envelope';
import type { SubscribeOptions } from './port';

/** Name of the header that carries the trace to consumers that do not read the event. */
export const traceHeader = 'traceparent';
const contentType = 'application/cloudevents+json; charset=UTF-8';
const BURY_AGAIN_MS = 1_000;

/** How a consumer stores a dead letter. */
export type Publish = (topic: string, events: CloudEvent[]) => Promise<void>;

/** A Kafka record, whichever client read it. */
export interface BrokerRecord {
  partition: number;
  offset: string;
  key: string;
  payload: string;
  traceparent: string | undefined;
}

/** A CloudEvent in structured mode, keyed by its subject. */
export function messageOf(event: CloudEvent): { key: string; value: string; headers: Record<string, string> } {
  return {
    key: event.subject,
    value: encode(event),
    headers: { 'content-type': contentType, ...(event.traceparent && { [traceHeader]: event.traceparent }) },
  };
}

/**
 * The group id on the broker. It names the topic too, because one group id must not have members with different
 * topics: the clients' assignors would hand partitions to members that do not read them.
 */
export function groupIdOf(group: string, topic: string): string {
  return `${group}.${topic}`;
}

/** What became of one try: the record may be committed, it waits for its next try, or a stop left it as it was. */
export type Outcome = { next: 'commit' } | { next: 'retry'; failures: number; delayMs: number } | { next: 'stop' };

/** Tries a record once; `failures` counts the tries before. A delivery under way is never cut short. */
export async function attempt(
  record: BrokerRecord,
  failures: number,
  options: Required<SubscribeOptions>,
  publish: Publish,
  signal: AbortSignal,
): Promise<Outcome> {
  const { topic, group } = options;
  const { partition, offset } = record;
  try {
    await options.onEvent(decode(record.payload, record.traceparent), { partition, attempt: failures + 1 });
    return { next: 'commit' };
  } catch (error) {
    const verdict = judge(error, failures, options);
    if (verdict.next === 'dead-letter') {
      const letter = deadLetterEvent({ original: record.payload, group, topic, partition, offset }, error, record.key);
      const dropped = { kind: 'dead-letter', topic, group, partition, offset, error } as const;
      return { next: (await bury(letter, dropped, options, publish, signal)) ? 'commit' : 'stop' };
    }
    const { failures: soFar, delayMs } = verdict;
    notice({ kind: 'retry', topic, group, partition, offset, failures: soFar, delayMs, error });
    return verdict;
  }
}

/**
 * Tries a record until it is applied or stored as a dead letter; true when it may be committed. False when `signal`
 * ended the tries: nothing is known to be applied then.
 */
export async function deliver(
  record: BrokerRecord,
  options: Required<SubscribeOptions>,
  publish: Publish,
  signal: AbortSignal,
): Promise<boolean> {
  let failures = 0;
  while (!signal.aborted) {
    const outcome = await attempt(record, failures, options, publish, signal);
    if (outcome.next !== 'retry') return outcome.next === 'commit';
    failures = outcome.failures;
    await pause(outcome.delayMs, signal);
  }
  return false;
}

/** The event is passed over only once its dead letter is durable, however long the broker is away. */
async function bury(
  letter: CloudEvent,
  dropped: BusNotice,
  { topic, group }: SubscribeOptions,
  publish: Publish,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await publish(deadLetterTopic(topic), [letter]);
      notice(dropped);
      return true;
    } catch (error) {
      notice({ kind: 'back-end-lost', topic, group, error });
      await pause(BURY_AGAIN_MS, signal);
    }
  }
  return false;
}
