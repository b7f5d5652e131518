import { CloudEvent } from '@stampede/contracts';
import { uuidv7 } from '@stampede/db';

/** What a dead letter carries in its `data`: enough to find the event, to see what was wrong, and to send it again. */
export interface DeadLetter {
  reason: string;
  /** The payload as it came, whether or not it can be read. */
  original: string;
  group: string;
  topic: string;
  partition: number;
  offset: string;
}

export const deadLetterType = 'stampede.dead-letter';

/** Where events go that a group could not apply. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dead-letter`;
}

/** A payload that is no CloudEvent. Trying it again cannot help. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
}

/** Structured CloudEvents JSON. */
export function encode(event: CloudEvent): string {
  return JSON.stringify(event);
}

/** The event of a payload; `traceparent` (of a header) fills in where the event has none. @throws Undecodable */
export function decode(payload: string, traceparent?: string): CloudEvent {
  const parsed = CloudEvent.safeParse(parseJson(payload));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Undecodable(`not a CloudEvent: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  if (parsed.data.traceparent !== undefined || traceparent === undefined) return parsed.data;
  return { ...parsed.data, traceparent };
}

function parseJson(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch (cause) {
    throw new Undecodable('not JSON', { cause });
  }
}

/**
 * The event that tells of a dead letter. It follows its original by subject, so that one order's dead letters keep
 * their order.
 */
export function deadLetterEvent(failed: Omit<DeadLetter, 'reason'>, error: unknown, key = ''): CloudEvent {
  const original = readable(failed.original);
  const subject = original?.subject ?? key;
  return {
    specversion: '1.0',
    id: uuidv7(),
    type: deadLetterType,
    source: `${failed.topic}/${failed.group}`,
    time: new Date().toISOString(),
    subject,
    sequence: original?.sequence ?? 1,
    ...(original?.traceparent === undefined ? {} : { traceparent: original.traceparent }),
    dataversion: '1',
    data: { reason: reasonOf(error), ...failed } satisfies DeadLetter,
  };
}

/** The event of a payload, or null where it is none. */
export function readable(payload: string): CloudEvent | null {
  try {
    return decode(payload);
  } catch (error) {
    if (error instanceof Undecodable) return null;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
