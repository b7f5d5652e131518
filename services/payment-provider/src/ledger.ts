import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { DeclineCode, StatementEntry } from '@stampede/contracts';

export interface CaptureRecord {
  readonly kind: 'capture';
  readonly key: string;
  readonly status: 'captured' | 'declined';
  readonly amount: number;
  readonly currency: string;
  readonly token: string;
  readonly declineCode?: DeclineCode;
  readonly at: string;
}

export interface RefundRecord {
  readonly kind: 'refund';
  readonly key: string;
  readonly captureKey: string;
  readonly amount: number;
  readonly currency: string;
  readonly at: string;
}

/** A key that was asked for before it was used: whoever asked was told "never captured", so it stays so. */
interface RefusedKey {
  readonly kind: 'refused';
  readonly key: string;
  readonly at: string;
}

type LedgerRecord = CaptureRecord | RefundRecord | RefusedKey;

/**
 * The provider's books: one JSON record a line, on disk before it is answered. A crash in the middle of a line loses
 * that line alone, and it was not answered. One process writes a ledger at a time.
 */
export class Ledger {
  private readonly captures = new Map<string, CaptureRecord>();
  private readonly refunds = new Map<string, RefundRecord>();
  private readonly refused = new Set<string>();
  private readonly file: number;
  private bytes: number;

  /** Reads what is there. @throws Error when the file cannot be read or written */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(path, 'a+');
    const text = readFileSync(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    this.bytes = Buffer.byteLength(whole);
    if (whole.length < text.length) truncateSync(path, this.bytes);
    for (const line of whole.split('\n')) if (line !== '') this.apply(JSON.parse(line) as LedgerRecord);
  }

  capture(key: string): CaptureRecord | undefined {
    return this.captures.get(key);
  }

  refund(key: string): RefundRecord | undefined {
    return this.refunds.get(key);
  }

  isRefused(key: string): boolean {
    return this.refused.has(key);
  }

  /** What of a capture has been given back, in minor units. */
  refundedMinor(captureKey: string): number {
    let sum = 0;
    for (const refund of this.refunds.values()) if (refund.captureKey === captureKey) sum += refund.amount;
    return sum;
  }

  record(entry: LedgerRecord): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      if (writeSync(this.file, line) < line.length)
        throw new Error('the ledger could not be written whole: is the disk full?');
      fsyncSync(this.file);
    } catch (error) {
      ftruncateSync(this.file, this.bytes); // half a line would break the books
      throw error;
    }
    this.bytes += line.length;
    this.apply(entry);
  }

  /** Money that moved, oldest first. */
  statement(): StatementEntry[] {
    const moved = [...this.captures.values()].filter(({ status }) => status === 'captured');
    const entries: StatementEntry[] = [
      ...moved.map(({ key, kind, amount, currency, at }) => ({ key, kind, amount, currency, at })),
      ...[...this.refunds.values()].map(({ key, kind, amount, currency, at }) => ({ key, kind, amount, currency, at })),
    ];
    return entries.toSorted((a, b) => (a.at < b.at ? -1 : 1));
  }

  close(): void {
    closeSync(this.file);
  }

  private apply(entry: LedgerRecord): void {
    if (entry.kind === 'capture') this.captures.set(entry.key, entry);
    else if (entry.kind === 'refund') this.refunds.set(entry.key, entry);
    else this.refused.add(entry.key);
  }
}
