import { Option } from 'commander';
import { findShop, issueToken, type Role } from './running-shop';
import type { Verb } from './verb';

interface TokenOptions {
  role: Role;
  subject?: string;
  url?: string;
}

export const tokenVerb: Verb = (program, surroundings) => {
  program
    .command('token')
    .description('print an access token for the running shop, alone on the last line')
    .addOption(new Option('--role <role>', 'whom it is for').choices(['operator', 'organiser']).makeOptionMandatory())
    .option('--subject <id>', "the token's subject; a new id unless given")
    .option('--url <url>', 'another shop than the one that runs here')
    .action(async ({ role, subject, url }: TokenOptions) => {
      surroundings.print(await issueToken(await findShop(surroundings, url), role, subject));
    });
};
