import { Refusal, eraseStateFolder, isRunning, stateFolder } from '@stampede/supervisor';
import type { Verb } from './verb';

export const eraseVerb: Verb = (program, { root, env, print }) => {
  program
    .command('erase')
    .description("delete the shop's state: every order, event and log")
    .action(async () => {
      const folder = stateFolder(root, env);
      if (await isRunning(folder)) throw new Refusal(`a shop runs on ${folder}: stop it first`);
      print((await eraseStateFolder(folder)) ? `${folder} is deleted` : `there is no ${folder}`);
      if (env['DATABASE_URL'] !== undefined)
        print('the databases behind DATABASE_URL are not touched: drop them on their server');
    });
};
