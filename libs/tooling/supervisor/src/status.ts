import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessState } from './supervised-process';

export interface ProcessStatus {
  readonly name: string;
  readonly service: string;
  readonly replica: number;
  readonly pid: number | null;
  readonly state: ProcessState;
  readonly restarts: number;
  readonly url: string;
  readonly adminUrls: readonly string[];
}

/** A running shop as others see it: in `shop.json`, and as the answer to every order. */
export interface ShopStatus {
  readonly runnerPid: number;
  readonly startedAt: string;
  readonly open: boolean;
  readonly storefrontUrl: string;
  /** Where the gateway's internal routes are: probes, metrics, tokens for the operator. */
  readonly gatewayAdminUrl: string;
  readonly postgres: { readonly pid: number; readonly port: number } | null;
  readonly processes: readonly ProcessStatus[];
}

/** Replaces `shop.json` as a whole, so that a reader never sees half of it. */
export function writeStatus(folder: string, status: ShopStatus): void {
  const file = join(folder, 'shop.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(status, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** What the last shop on this folder wrote; undefined when there was none. It may have ended since. */
export function readStatus(folder: string): ShopStatus | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'shop.json'), 'utf8')) as ShopStatus;
  } catch {
    return undefined; // never written: no shop ran here
  }
}
