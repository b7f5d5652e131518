import type { CommitOptionsPartition, Consumer } from '@platformatic/kafka';

const COMMIT_EVERY_MS = 250;

type Position = CommitOptionsPartition;

/**
 * Commits positions in the background, one request at a time: a commit for each event would cost ten times the
 * event.
 */
export class Commits {
  private readonly pending = new Map<number, Position>();
  private readonly timer: NodeJS.Timeout;
  private underWay: Promise<void> = Promise.resolve();

  constructor(private readonly consumer: Pick<Consumer, 'commit'>) {
    this.timer = setInterval(() => void this.flush(), COMMIT_EVERY_MS);
  }

  /** Everything before `position.offset` is applied. */
  add(position: Position): void {
    this.pending.set(position.partition, position);
  }

  /** Commits what is left, and ends. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private flush(): Promise<void> {
    this.underWay = this.underWay.then(() => this.commit());
    return this.underWay;
  }

  private async commit(): Promise<void> {
    if (this.pending.size === 0) return;
    const offsets = [...this.pending.values()];
    this.pending.clear();
    try {
      await this.consumer.commit({ offsets });
    } catch {
      // The group changes or the broker is away. At worst the events come again; what was not overtaken is
      // committed with the next.
      for (const position of offsets)
        if (!this.pending.has(position.partition)) this.pending.set(position.partition, position);
    }
  }
}
