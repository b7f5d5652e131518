import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const HOOK = resolve(__dirname, '..', '..', 'workspace', 'typescript.cjs');
const PROGRAM = `
  const { interruptible } = require(${JSON.stringify(join(__dirname, 'interrupt.ts'))});
  const say = (line) => process.stdout.write(line + '\\n');
  setTimeout(() => process.exit(), 15_000);
  interruptible('what was begun is undone', (signal) => new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    say('begun');
  })).catch(({ message }) => {
    say(message);
    process.exit();
  });
`;

test.each([
  ['an older Node', { STAMPEDE_WRAPPER: '1' }],
  ['npm', { npm_command: 'exec' }],
])('%s that is killed leaves nothing behind that goes on', async (_, by) => {
  const env: NodeJS.ProcessEnv = { ...process.env, STAMPEDE_WRAPPER: undefined, npm_command: undefined, ...by };
  const args = [process.execPath, '--require', HOOK, '-e', PROGRAM];
  const starter = spawn('sh', ['-c', '"$0" "$@" & wait', ...args], { env });
  let output = '';
  starter.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
    if (output === 'begun\n') starter.kill('SIGKILL');
  });
  await once(starter.stdout, 'close'); // the program holds it for as long as it runs
  expect(output).toBe('begun\nwhat was begun is undone\n');
});
