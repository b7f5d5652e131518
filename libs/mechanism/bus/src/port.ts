import type { CloudEvent } from '@stampede/contracts';

/** One delivery: the partition it came by, and how many times, this one included, the event was tried. */
export interface Delivery {
  partition: number;
  attempt: number;
}

export interface SubscribeOptions {
  topic: string;
  /** Consumers of one group share the topic's partitions; every group sees every event. */
  group: string;
  /** Resolves once the event's effect is durable; only then is the event committed. */
  onEvent(event: CloudEvent, delivery: Delivery): Promise<void>;
  /** Deliveries before an event is a dead letter; 1 or more, default 5. */
  maxAttempts?: number;
  /** Default true. False, in a lab: an event that cannot be applied is tried for ever. */
  deadLetters?: boolean;
  /** Pause after the `attempt`-th failure, in ms. The partition waits meanwhile, for its order is kept. */
  retryDelayMs?(attempt: number): number;
  /**
   * True for a failure that is not the event's fault, such as a lost database: it is retried without limit, and
   * never a dead letter.
   */
  isTransient?(error: unknown): boolean;
}

export interface Subscription {
  /** Finishes and commits the event in hand, then leaves the group. */
  stop(): Promise<void>;
}

/** Carries events between services: at least once, in order per subject, over a fixed number of partitions. */
export interface Bus {
  /**
   * Resolves when the events are durable. Rejects when it cannot tell: publish them again, the same ids make
   * repeats harmless.
   */
  publish(topic: string, events: readonly CloudEvent[]): Promise<void>;
  /**
   * A new group starts at the oldest kept event. The subscription outlives restarts of its back end; whoever opened
   * it stops it.
   */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Events of the topic that the group has not committed. */
  lag(topic: string, group: string): Promise<number>;
  /** The events of the topic that came last, newest first, `most` of them; for people to look at, not to consume. */
  latest(topic: string, most: number): Promise<CloudEvent[]>;
  /** Stops every subscription, then lets the back end go. */
  close(): Promise<void>;
}
