import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 100;
const ATTEMPT_TIMEOUT_MS = 2_000;

/** Resolves true once `/readyz` of every admin address has answered 200, false when `signal` aborts first. */
export async function whenReady(adminUrls: readonly string[], signal: AbortSignal): Promise<boolean> {
  const ready = await Promise.all(adminUrls.map((url) => answers(`${url}/readyz`, signal, () => true)));
  return ready.every(Boolean);
}

/** Resolves true once the storefront lists at least one event: gateway, catalog and its database work together. */
export async function whenOpen(storefrontUrl: string, signal: AbortSignal): Promise<boolean> {
  const url = new URL('/api/v1/events?pageSize=1', storefrontUrl);
  return answers(url.href, signal, (body) => (JSON.parse(body) as { total: number }).total >= 1);
}

async function answers(url: string, signal: AbortSignal, asWanted: (body: string) => boolean): Promise<boolean> {
  while (!signal.aborted) {
    const body = await bodyOf(url, signal);
    if (body !== undefined && asWanted(body)) return true;
    await pause(POLL_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop's condition ends it
  }
  return false;
}

/**
 * What a 200 brings; undefined for any other answer and for none. By node:http, as fetch would cost the runner 10 MB.
 */
function bodyOf(url: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const attempt = get(url, { agent: false, timeout: ATTEMPT_TIMEOUT_MS, signal }, (reply) => {
      if (reply.statusCode === 200) text(reply).then(resolve, () => resolve(undefined));
      else resolve(void reply.resume());
    });
    attempt.once('timeout', () => attempt.destroy());
    attempt.once('error', () => resolve(undefined)); // not there yet
  });
}
