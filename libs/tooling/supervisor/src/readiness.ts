import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 100;
const ATTEMPT_TIMEOUT_MS = 2_000;

/** Resolves true once `/readyz` of every admin address has answered 200, false when `signal` aborts first. */
export async function whenReady(adminUrls: readonly string[], signal: AbortSignal): Promise<boolean> {
  const ready = await Promise.all(adminUrls.map((url) => answers(`${url}/readyz`, signal, async () => true)));
  return ready.every(Boolean);
}

/** Resolves true once the storefront lists at least one event: gateway, catalog and its database work together. */
export async function whenOpen(storefrontUrl: string, signal: AbortSignal): Promise<boolean> {
  const url = new URL('/api/v1/events?pageSize=1', storefrontUrl);
  return answers(url.href, signal, async (reply) => ((await reply.json()) as { total: number }).total >= 1);
}

async function answers(
  url: string,
  signal: AbortSignal,
  asWanted: (reply: Response) => Promise<boolean>,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      const reply = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]) });
      if (reply.ok && (await asWanted(reply))) return true;
      await reply.body?.cancel();
    } catch {
      // not there yet: asked again below
    }
    await pause(POLL_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop's condition ends it
  }
  return false;
}
