// What telemetry adds to the CPU of a start: until the server listens, and until the SDK is loaded too. Needs the
// build.
//   npx stampede bench telemetry/cold-start [--rounds 15]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, spread } from './load';

const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
const VARIANTS: readonly (readonly [name: string, variant: string, environment: Record<string, string>])[] = [
  ['no telemetry', 'none', {}],
  ['telemetry, nothing to be traced', 'own', {}],
  ['telemetry, tracing', 'own', collector],
  ['telemetry, tracing, SDK loaded before it listens', 'sdk-first', collector],
];

interface Start {
  readonly readyUs: number;
  readonly settledUs: number;
}

async function start(variant: string, environment: Record<string, string>): Promise<Start> {
  const child = fork(join(__dirname, 'cold-start.fixture.cjs'), [variant], {
    execArgv: [],
    env: { ...process.env, ...environment },
  });
  const [started] = (await once(child, 'message')) as [Start];
  await once(child, 'exit');
  return started;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
  const starts = VARIANTS.map((): Start[] => []);
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const [index, [, variant, environment]] of VARIANTS.entries()) {
      const started = await start(variant, environment);
      if (round > 0) starts[index]?.push(started); // the first round fills the file cache
    }
  }
  const [plain] = starts as [Start[]];
  for (const [index, [name]] of VARIANTS.entries()) {
    const own = starts[index] as Start[];
    const ratios = own.map(({ readyUs }, round) => readyUs / (plain[round] as Start).readyUs);
    const later = median(own.map(({ readyUs, settledUs }) => settledUs - readyUs)) / 1_000;
    const ready = spread(own.map(({ readyUs }) => readyUs / 1_000));
    console.log(`${name}: ready after ${ready} ms of CPU, ${median(ratios).toFixed(2)}x; then ${later.toFixed(0)} ms`);
  }
}

void main();
