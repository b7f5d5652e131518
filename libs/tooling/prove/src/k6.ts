import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal, startGuardian, type Guardian } from '@stampede/supervisor';
import { findK6, k6Command, type K6, type K6Command } from './k6-binary';
import { droppedRatio, LoadHistory, readSummary } from './k6-history';
import type { LoadOptions, LoadResult, RunningLoad } from './world';

export interface K6LoadOptions extends LoadOptions {
  /** The project's folder. */
  readonly root: string;
  /** Called about ten times a second with all that was told so far. */
  readonly onProgress?: (history: LoadHistory) => void;
}

/**
 * `began`: the shop has a match on sale, and the phases count from that moment; rejects as `finished` where it never
 * came. `finished` @throws Refusal without k6, Error with k6's last lines, the signal's reason.
 */
export interface K6Load extends RunningLoad {
  readonly finished: Promise<K6LoadResult>;
}

export interface K6LoadResult extends LoadResult {
  /** Epoch ms. */
  readonly beganAtMs: number;
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
 * Runs one scenario by k6 against a shop, in an open model. k6 has ended when `finished` settles, however it does;
 * history.ndjson and summary.json stay in the folder.
 */
export function startLoad(options: K6LoadOptions): K6Load {
  const began = Promise.withResolvers<number>();
  const finished = run(options, began.resolve);
  finished.catch(began.reject);
  began.promise.catch(() => undefined); // whoever waits for `finished` alone is told there
  return { began: began.promise, finished };
}

async function run(options: K6LoadOptions, onBegan: (epochMs: number) => void): Promise<K6LoadResult> {
  const { root, scenario, folder, signal } = options;
  signal.throwIfAborted();
  const script = join(root, 'load-tests', 'scenarios', `${scenario}.k6.ts`);
  if (!existsSync(script)) throw new Refusal(`there is no scenario "${scenario}" in load-tests/scenarios`);
  const k6 = await findK6();
  await mkdir(folder, { recursive: true });
  const files = { history: join(folder, 'history.ndjson'), summary: join(folder, 'summary.json') };
  await writeFile(files.history, ''); // it is followed from its first byte on
  const history = new LoadHistory();
  const child = startChild(options, k6, script, files);
  signal.addEventListener('abort', child.end);
  try {
    await follow(files.history, history, child, () => {
      if (history.beganAtMs !== undefined) onBegan(history.beganAtMs);
      options.onProgress?.(history);
    });
  } finally {
    signal.removeEventListener('abort', child.end);
    await child.end();
  }
  signal.throwIfAborted();
  child.mustHaveSucceeded();
  const { beganAtMs, calls, seen } = history;
  if (beganAtMs === undefined) throw new Error(`${script} never began: its setup() must end with begin()`);
  const summary = await readSummary(files.summary);
  return { beganAtMs, calls, seen, summary, droppedRatio: droppedRatio(summary), k6 };
}

interface Files {
  readonly history: string;
  readonly summary: string;
}

function startChild({ root, url, settings, folder, core }: K6LoadOptions, k6: K6, script: string, files: Files): Child {
  const told = {
    STAMPEDE_URL: url,
    STAMPEDE_SETTINGS: JSON.stringify(settings),
    STAMPEDE_SUMMARY: files.summary,
    K6_AUTO_EXTENSION_RESOLUTION: 'false', // else k6 asks a service of its makers what to load
    K6_NO_USAGE_REPORT: 'true',
  };
  const name = `stampede-load-${randomUUID()}`;
  const command = k6Command(k6, {
    args: ['run', '--quiet', '--log-format=raw', `--console-output=${files.history}`, script],
    variables: Object.keys(told),
    reads: join(root, 'load-tests'),
    writes: folder,
    name,
    ...(core === undefined ? {} : { core }),
  });
  return new Child(command, told, k6.from === 'image' ? name : undefined);
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

/**
 * k6 as a process of its own group: a Ctrl-C at the terminal reaches it through us alone, once. Where we are killed the
 * guardian ends it, so that nobody's load outlives its run; a container, which is no child of ours, ends with its load.
 */
class Child {
  readonly ended: Promise<void>;
  hasEnded = false;
  private readonly process: ChildProcess;
  private readonly guardian: Guardian = startGuardian();
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
    this.guardian.watch(this.process.pid === undefined ? [] : [this.process.pid]);
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
    void this.guardian.dismiss().then(resolve);
  }
}
