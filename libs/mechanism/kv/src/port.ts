/** A place in a line. Both times are of the store's clock, in ms since 1970, with fractions. */
export interface Slot {
  /** When it is the member's turn; a past time means now. */
  admitAtMs: number;
  nowMs: number;
}

export interface SlotOptions {
  readonly intervalMs: number;
  readonly keepMs: number;
  /** When the line opens; default now. */
  readonly notBeforeMs?: number;
}

export interface Increment {
  key: string;
  /** An integer, negative to take back. */
  by: number;
  /** The counter's life from its first increment, in ms; after it the counter starts at 0 again. */
  ttlMs: number;
}

/**
 * Small state that all replicas share. A call that rejects may have been carried out. What is kept may be lost when
 * the store is.
 */
export interface Kv {
  get(key: string): Promise<string | null>;
  /** Replaces; the value is gone after `ttlMs`. */
  set(key: string, value: string, options: { ttlMs: number }): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Adds to shared counters in one round trip; answers each counter's total after the whole call, in the order
   * given.
   */
  addAll(increments: readonly Increment[]): Promise<number[]>;
  /**
   * The member's slot: one `intervalMs` after the line's last, but not before now or `notBeforeMs` (ms since 1970,
   * by the store's clock). A member that has a slot keeps it, until `keepMs` after it. Two members never get slots
   * closer than `intervalMs`, whoever asks.
   * @see virtual scheduling, ITU-T I.371 (GCRA)
   */
  reserveSlot(line: string, member: string, options: SlotOptions): Promise<Slot>;
  readSlot(line: string, member: string): Promise<Slot | null>;
  /** @throws when the store does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}
