import type { Verb } from './verb';

/** Named here for the list of verbs; bin/stampede.mjs has done it before any verb runs. */
export const buildVerb: Verb = (program) => {
  program.command('build').description('bring every dist/ up to date');
};
