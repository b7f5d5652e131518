import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '@stampede/supervisor';
import type { Call, K6Summary, SeenByBuyer } from './check';
import type { Timing } from './claim';
import { findK6, k6Command, type K6, type K6Command } from './k6-binary';
import { droppedRatio, LoadHistory, readSummary } from './k6-history';

export interface LoadOptions {
  /** The project's folder. */
  readonly root: string;
  /** A file of load-tests/scenarios without `.k6.ts`. */
  readonly scenario: string;
  /** Where buyers call. */
  readonly url: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly timing: Omit<Timing, 'repeat'>;
  /** The same seed gives the same arrivals the same intents. */
  readonly seed: number;
  readonly thresholds?: Readonly<Record<string, readonly string[]>>;
  /** Scenarios that open a match need the organiser's. */
  readonly tokens: { readonly organiser?: string; readonly operator?: string };
  /** Which processors k6 may use, as `taskset` has them: `0`, `2-3`. */
  readonly processors?: string;
  /** Ends the load, and k6 with it: at once, or by force after a while. */
  readonly signal?: AbortSignal;
  /** Called about ten times a second with all that was told so far. */
  readonly onProgress?: (history: LoadHistory) => void;
}

export interface RunningLoad {
  /** When the phases began, epoch ms: the shop has then a match on sale. Rejects as `finished` where it never did. */
  readonly began: Promise<number>;
  /** @throws Refusal without k6 @throws Error with k6's last lines @throws the signal's reason */
  readonly finished: Promise<LoadResult>;
}

export interface LoadResult {
  readonly beganAtMs: number;
  readonly calls: readonly Call[];
  readonly seen: readonly SeenByBuyer[];
  readonly summary: K6Summary;
  /** Share (0..1) of arrivals that k6 could not send; above 0.01 k6 was the limit and nothing was measured. */
  readonly droppedRatio: number;
  readonly k6: K6;
}

/** k6's exit code where a threshold was crossed: a result, no failure. */
const THRESHOLDS_CROSSED = 99;
const TAIL_MS = 100;
const TAIL_BYTES = 1 << 20;
/** For k6 to end in order after SIGINT. */
const END_MS = 5_000;
const LAST_LINES = 12;

/**
 * Runs one scenario by k6 against a shop, in an open model. The load has ended, and k6 with it, when `finished`
 * settles, however it does.
 */
export function startLoad(options: LoadOptions): RunningLoad {
  const began = Promise.withResolvers<number>();
  const finished = run(options, began.resolve);
  finished.catch(began.reject);
  began.promise.catch(() => undefined); // whoever waits for `finished` alone is told there
  return { began: began.promise, finished };
}

async function run(options: LoadOptions, onBegan: (epochMs: number) => void): Promise<LoadResult> {
  const { root, scenario, signal } = options;
  signal?.throwIfAborted();
  const script = join(root, 'load-tests', 'scenarios', `${scenario}.k6.ts`);
  if (!existsSync(script)) throw new Refusal(`there is no scenario "${scenario}" in load-tests/scenarios`);
  const k6 = await findK6();
  const folder = await mkdtemp(join(tmpdir(), 'stampede-load-'));
  try {
    const files = { history: join(folder, 'history.ndjson'), summary: join(folder, 'summary.json') };
    await (await open(files.history, 'w')).close(); // it is followed from its first byte on
    const history = new LoadHistory();
    const told = environment(options, files.summary);
    const name = `stampede-load-${randomUUID()}`;
    const command = k6Command(k6, {
      args: ['run', '--quiet', '--log-format=raw', `--console-output=${files.history}`, script],
      variables: Object.keys(told),
      reads: join(root, 'load-tests'),
      writes: folder,
      name,
      ...(options.processors === undefined ? {} : { processors: options.processors }),
    });
    const child = new Child(command, told, k6.from === 'image' ? name : undefined);
    signal?.addEventListener('abort', child.end);
    try {
      await follow(files.history, history, child, () => {
        if (history.beganAtMs !== undefined) onBegan(history.beganAtMs);
        options.onProgress?.(history);
      });
    } finally {
      signal?.removeEventListener('abort', child.end);
      await child.end();
    }
    signal?.throwIfAborted();
    child.mustHaveSucceeded();
    return { ...resultOf(history), ...(await judged(files.summary)), k6 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function environment(options: LoadOptions, summaryFile: string): Record<string, string> {
  const { url, settings, timing, seed, thresholds = {}, tokens } = options;
  return {
    STAMPEDE_URL: url,
    STAMPEDE_SETTINGS: JSON.stringify({ settings, timing, seed, thresholds, tokens }),
    STAMPEDE_SUMMARY: summaryFile,
    K6_AUTO_EXTENSION_RESOLUTION: 'false', // else k6 asks a service of its makers what to load
    K6_NO_USAGE_REPORT: 'true',
  };
}

/** Reads what is added to a file until the child has ended and nothing is left. */
async function follow(file: string, history: LoadHistory, child: Child, onRead: () => void): Promise<void> {
  const handle = await open(file, 'r');
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(TAIL_BYTES);
  try {
    for (;;) {
      const { hasEnded } = child; // before the read: what it wrote before its end is read after
      const { bytesRead } = await handle.read(buffer, 0, TAIL_BYTES, null);
      if (bytesRead > 0) history.push(decoder.write(buffer.subarray(0, bytesRead)));
      onRead();
      if (bytesRead === TAIL_BYTES) continue;
      if (hasEnded) return;
      await Promise.race([delay(TAIL_MS), child.ended]);
    }
  } finally {
    await handle.close();
  }
}

function resultOf(history: LoadHistory): Pick<LoadResult, 'beganAtMs' | 'calls' | 'seen'> {
  if (history.beganAtMs === undefined) throw new Error('k6 ended well but never began: does setup() call begin()?');
  return { beganAtMs: history.beganAtMs, calls: history.calls, seen: history.seen };
}

async function judged(summaryFile: string): Promise<Pick<LoadResult, 'summary' | 'droppedRatio'>> {
  const summary = await readSummary(summaryFile);
  return { summary, droppedRatio: droppedRatio(summary) };
}

/** k6 as a process of its own group: a Ctrl-C at the terminal reaches it through us alone, once. */
class Child {
  readonly ended: Promise<void>;
  hasEnded = false;
  private readonly process: ChildProcess;
  private exit: { readonly code: number | null; readonly error?: Error } = { code: null };
  private lastLines: string[] = [];

  constructor(
    command: K6Command,
    told: Readonly<Record<string, string>>,
    private readonly container: string | undefined,
  ) {
    this.process = spawn(command.program, [...command.args], {
      env: { ...process.env, ...told },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const keep = (chunk: Buffer): void => {
      this.lastLines = [...this.lastLines, ...chunk.toString('utf8').split('\n')].filter(Boolean).slice(-LAST_LINES);
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.process.once('error', (error) => this.close({ code: null, error }, resolve));
    this.process.once('close', (code) => this.close({ code }, resolve));
    this.ended = promise;
  }

  /** Ends it if it runs still: in order, or by force. Resolves when it has. */
  readonly end = async (): Promise<void> => {
    if (this.hasEnded) return;
    this.process.kill('SIGINT');
    const byForce = setTimeout(() => {
      this.process.kill('SIGKILL');
      // a container outlives the program that started it
      if (this.container !== undefined) spawn('docker', ['kill', this.container], { stdio: 'ignore' });
    }, END_MS);
    await this.ended;
    clearTimeout(byForce);
  };

  /** @throws Error with k6's last lines */
  mustHaveSucceeded(): void {
    const { code, error } = this.exit;
    if (code === 0 || code === THRESHOLDS_CROSSED) return;
    const how = code === null ? 'was ended by a signal or never ran' : `ended with exit code ${code}`;
    throw new Error(`k6 ${how}\n${this.lastLines.join('\n')}`, { cause: error });
  }

  private close(exit: Child['exit'], resolve: () => void): void {
    if (this.hasEnded) return;
    this.exit = exit;
    this.hasEnded = true;
    resolve();
  }
}
