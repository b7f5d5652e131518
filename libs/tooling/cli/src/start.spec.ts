import { Command } from 'commander';
import { startVerb } from './start.verb';

test.each([
  ['single-process', { npm_config_single_process: 'true' }, []],
  ['replicas', { npm_config_replicas: 'true' }, ['inventory=3']], // `npm start --replicas inventory=3`
])('an option that npm kept for itself is missed, and named: %s', async (option, env, rest) => {
  const program = new Command('stampede').exitOverride();
  startVerb(program, { root: '', env, print: () => undefined });
  const started = program.parseAsync(['node', 'stampede', 'start', ...rest]);
  await expect(started).rejects.toThrow(`npm kept --${option} for itself: write \`npm start -- --${option}\``);
});
