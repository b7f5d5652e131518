import type { Quote } from '@stampede/contracts';
import type { ServiceParts } from '@stampede/service-kit';
import type { PricingVersionName } from '@stampede/topology';

type Defect = Pick<ServiceParts, 'prepare' | 'ready'>;

const ERROR_EVERY = 100;
const LATE_EVERY = 10;
/** Three times the p99 of a busy shop, and five times what the SLO allows. */
const LATE_MS = 250;
const CENT_EVERY = 50;
/** A third more memory after a quarter of a minute, and all that a container may have after a whole one. */
const LEAK_EVERY_MS = 100;
const LEAKED_BYTES = 256 * 1024;
/** Above the minute that a release gives a version to come up. */
const SLOW_START_MS = 90_000;

/**
 * What is wrong with the versions to practise releases on, put around the service as a bad deployment would be: neither
 * the price nor its routes know of it.
 */
const DEFECTS: Partial<Record<PricingVersionName, () => Defect>> = {
  'v2-errors': () => ({ prepare: (fastify) => fastify.addHook('preHandler', failSome()) }),
  'v2-late': () => ({ prepare: (fastify) => fastify.addHook('preHandler', delaySome()) }),
  'v2-cent': () => ({ prepare: (fastify) => fastify.addHook('preSerialization', overchargeSome()) }),
  'v2-leak': () => ({ prepare: leakMemory }),
  'v2-slow-start': () => ({ ready: readyLate() }),
  'v2-crash': () => ({ prepare: endWhileStarting }),
};

/** Nothing, for a version that is as it should be. */
export function defectOf(version: PricingVersionName): Defect {
  return DEFECTS[version]?.() ?? {};
}

type Done = (error?: Error) => void;

function failSome() {
  const failsNow = oneIn(ERROR_EVERY);
  return (_request: unknown, _reply: unknown, done: Done) =>
    done(failsNow() ? new Error('one request in a hundred fails in this version') : undefined);
}

function delaySome() {
  const isLateNow = oneIn(LATE_EVERY);
  return (_request: unknown, _reply: unknown, done: Done) => {
    if (isLateNow()) setTimeout(done, LATE_MS);
    else done();
  };
}

function overchargeSome() {
  const isWrongNow = oneIn(CENT_EVERY);
  return (_request: unknown, _reply: unknown, body: unknown, done: (error: null, body: unknown) => void) =>
    done(null, isQuote(body) && isWrongNow() ? { ...body, total: body.total + 1 } : body);
}

function leakMemory(): void {
  const kept: Buffer[] = [];
  // written to, or the system would not count it
  setInterval(() => kept.push(Buffer.alloc(LEAKED_BYTES, 1)), LEAK_EVERY_MS).unref();
}

function readyLate() {
  const readyAtMs = performance.now() + SLOW_START_MS;
  return () => performance.now() >= readyAtMs || 'a slow start';
}

function endWhileStarting(): never {
  throw new Error('this version ends while it starts');
}

function isQuote(body: unknown): body is Quote {
  return typeof body === 'object' && body !== null && 'total' in body;
}

/** True every `n`th time, so that a practice is the same each time. */
function oneIn(n: number): () => boolean {
  let calls = 0;
  return () => (calls += 1) % n === 0;
}
