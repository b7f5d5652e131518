interface Entry<T> {
  readonly value: Promise<T>;
  readonly loadedAt: number;
}

/**
 * Values that may be a little old. Whoever asks while one is being loaded waits for that load, so a crowd causes one.
 */
export class Recent<T> {
  private readonly entries = new Map<string, Entry<T>>();

  /** Keeps the `most` keys that were loaded last, each for `ttlMs`. */
  constructor(
    private readonly ttlMs: number,
    private readonly most: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** The value of `key`, at most `ttlMs` old. @throws what `load` throws; a failure is not kept */
  get(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key);
    if (known !== undefined && this.now() - known.loadedAt < this.ttlMs) return known.value;
    const value = load();
    const entry = { value, loadedAt: this.now() };
    this.entries.delete(key);
    this.entries.set(key, entry);
    value.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    if (this.entries.size > this.most) {
      const [oldest] = this.entries.keys();
      if (oldest !== undefined) this.entries.delete(oldest);
    }
    return value;
  }
}
