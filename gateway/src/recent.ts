interface Entry<T> {
  readonly value: Promise<T>;
  readonly loadedAt: number;
  /** Set while a newer value is on its way, and this one is still good enough to be given out. */
  newer?: Promise<T>;
}

/**
 * Values that may be a little old. Whoever asks while one is being loaded waits for that load, so a crowd causes one;
 * where the last value is not too old, nobody waits.
 */
export class Recent<T> {
  private readonly entries = new Map<string, Entry<T>>();

  /**
   * Keeps the `most` keys that were loaded last. A value that is older than `ttlMs` is loaded anew, and given out
   * meanwhile until it is `staleMs` older than that.
   */
  constructor(
    private readonly ttlMs: number,
    private readonly most: number,
    private readonly staleMs = 0,
    private readonly now: () => number = Date.now,
  ) {}

  /** The value of `key`, at most `ttlMs + staleMs` old. @throws what `load` throws; a failure is not kept */
  get(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key);
    const ageMs = known === undefined ? Infinity : this.now() - known.loadedAt;
    if (known === undefined || ageMs >= this.ttlMs + this.staleMs) return known?.newer ?? this.load(key, load);
    if (ageMs >= this.ttlMs) this.refresh(key, known, load);
    return known.value;
  }

  private load(key: string, load: () => Promise<T>): Promise<T> {
    const value = load();
    this.keep(key, { value, loadedAt: this.now() });
    return value;
  }

  private refresh(key: string, known: Entry<T>, load: () => Promise<T>): void {
    if (known.newer !== undefined) return;
    const loadedAt = this.now();
    const newer = load();
    known.newer = newer;
    newer.then(
      () => {
        if (this.entries.get(key) === known) this.keep(key, { value: newer, loadedAt });
      },
      () => delete known.newer, // the old value is given out as long as it may be
    );
  }

  private keep(key: string, entry: Entry<T>): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.value.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    if (this.entries.size > this.most) {
      const [oldest] = this.entries.keys();
      if (oldest !== undefined) this.entries.delete(oldest);
    }
  }
}
