import { commandsIn } from '@stampede/cluster';
import { handBack, keepRelease, kindCluster, release, type ReleaseVerdict, type Strategy } from '@stampede/release';
import { Refusal, stateFolder } from '@stampede/supervisor';
import { PRICING_VERSIONS } from '@stampede/topology';
import { Option } from 'commander';
import { wholeNumber } from './arguments';
import { interruptible } from './interrupt';
import type { Surroundings, Verb } from './verb';

interface ReleaseFlags {
  readonly list?: true;
  readonly handBack?: true;
  readonly strategy: Strategy;
  readonly load: number;
  readonly patience: number;
}

/** A release that could not even begin: no cluster, no such version. */
const UNAVAILABLE_EXIT = 3;
const EXIT: Readonly<Record<ReleaseVerdict, number>> = {
  promoted: 0,
  'rolled-back': 1,
  inconclusive: 2,
  interrupted: 130,
};
const SECOND_MS = 1_000;
const WIDTH = 15;

export const releaseVerb: Verb = (program, surroundings) => {
  program
    .command('release')
    .description('give the cluster a new version, watch it beside the old one, and take it back if it is worse')
    .argument('[service]', 'pricing')
    .argument('[version]', 'such as v2')
    .option('--list', 'the versions there are, and what is wrong with some of them')
    .option('--hand-back', 'end the care of Flagger: pricing itself answers again, with the version of now')
    .addOption(
      new Option('--strategy <strategy>', 'how requests are divided meanwhile')
        .choices(['canary', 'ab', 'blue-green'])
        .default('canary'),
    )
    .option('--load <rate>', 'quotes a second that are asked for meanwhile; 0: buyers alone', wholeNumber(0), 0)
    .option('--patience <seconds>', 'for a step to get its sample, before all is taken back', wholeNumber(1), 300)
    .addHelpText(
      'after',
      '\nExits 0 promoted, 1 rolled back, 2 inconclusive (too few requests), 3 not begun, 130 interrupted.',
    )
    .action(async (service: string | undefined, version: string | undefined, flags: ReleaseFlags) => {
      if (flags.list === true) return listOfVersions().forEach(surroundings.print);
      process.exitCode = UNAVAILABLE_EXIT; // until it has begun
      process.exitCode = flags.handBack === true ? await endCare(surroundings) : await run(service, version, flags);
    });

  async function run(service: string | undefined, version: string | undefined, flags: ReleaseFlags): Promise<number> {
    if (service !== 'pricing' || version === undefined)
      throw new Refusal('name the service and a version: `npx stampede release pricing v2`, or see --list');
    const { root, env, print } = surroundings;
    const { strategy, load: requestsPerSecond, patience } = flags;
    const wish = { version, strategy, requestsPerSecond, patienceMs: patience * SECOND_MS };
    const cluster = await kindCluster(root, commandsIn(root));
    const record = await interruptible('interrupted', (signal) => release(wish, { root, cluster, print, signal }));
    print(`       ${keepRelease(stateFolder(root, env), record)}`);
    return EXIT[record.verdict];
  }
};

async function endCare({ root, print }: Surroundings): Promise<number> {
  const commands = commandsIn(root);
  await handBack(root, commands, await kindCluster(root, commands));
  print('pricing itself answers, by the route of istio/routes/pricing.yaml');
  return 0;
}

function listOfVersions(): readonly string[] {
  return PRICING_VERSIONS.map(({ version, about }) => `${version.padEnd(WIDTH)}${about}`);
}
