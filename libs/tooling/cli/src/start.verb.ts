import { Refusal, Shop, parseReplicas, stateFolder } from '@stampede/supervisor';
import type { Surroundings, Verb } from './verb';
import { whenOrphaned } from './orphan';

interface StartOptions {
  replicas: string;
  singleProcess?: true;
}

const AGAIN_MS = 1_000; // a terminal and npm each pass on the same Ctrl-C: only a later one is the person's second

export const startVerb: Verb = (program, { root, env, print }) => {
  program
    .command('start')
    .description('run the whole shop on this machine until Ctrl-C')
    .option('--replicas <list>', 'processes per service, such as inventory=3,orders=2', '')
    .option('--single-process', 'all services in one process, for machines with little memory')
    .allowExcessArguments(keptByNpm(env) !== undefined) // what follows a kept option comes without it
    .action(async (options: StartOptions) => {
      refuseKeptByNpm(env);
      const shop = openable(() => {
        const replicas = parseReplicas(options.replicas);
        const singleProcess = options.singleProcess === true;
        return new Shop({ root, env, folder: stateFolder(root, env), replicas, singleProcess, report: print });
      });
      const ended = untilAskedToEnd(shop, print);
      try {
        const address = await shop.open();
        print(`the shop is open: ${address}   (Ctrl-C stops it)`);
        await ended;
      } finally {
        await shop.close();
      }
    });
};

/** `npm start --single-process` without `--` before it: npm takes the option for one of its own, and says nothing. */
function keptByNpm(env: Surroundings['env']): string | undefined {
  return ['single-process', 'replicas'].find(
    (option) => env[`npm_config_${option.replaceAll('-', '_')}`] !== undefined,
  );
}

function refuseKeptByNpm(env: Surroundings['env']): void {
  const option = keptByNpm(env);
  if (option !== undefined) throw new Refusal(`npm kept --${option} for itself: write \`npm start -- --${option}\``);
}

/** The port map refuses with a RangeError that is already one clear line. */
function openable(make: () => Shop): Shop {
  try {
    return make();
  } catch (error) {
    throw error instanceof RangeError ? new Refusal(error.message) : error;
  }
}

/** Resolves when the shop has been closed: by a signal, or because whoever started the runner is gone. */
function untilAskedToEnd(shop: Shop, print: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const end = (why: string): void => {
      if (askedAt === undefined) {
        askedAt = Date.now();
        print(`${why}: stopping the shop`);
        void shop.close().then(() => process.exit(0));
        resolve();
      } else if (Date.now() - askedAt > AGAIN_MS) {
        shop.killAll();
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(signal));
    whenOrphaned(() => end('the starting process is gone'));
  });
}
