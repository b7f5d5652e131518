import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const HOOK = resolve(__dirname, '..', '..', 'workspace', 'typescript.cjs');
const OWN_END_MS = 15_000; // of what nobody has ended: a test that fails leaves nothing behind

/** What a program that is told to begin says until it has ended, when its starter is killed as soon as it has begun. */
async function saidByOrphan(program: string, by: NodeJS.ProcessEnv): Promise<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, STAMPEDE_WRAPPER: undefined, npm_command: undefined, ...by };
  const args = [process.execPath, '--require', HOOK, '-e', program];
  const starter = spawn('sh', ['-c', '"$0" "$@" & wait', ...args], { env });
  let said = '';
  starter.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
    if (said === 'begun\n') starter.kill('SIGKILL');
  });
  await once(starter.stdout, 'close'); // programs hold it for as long as they run
  return said;
}

const sourceOf = (name: string): string => JSON.stringify(join(__dirname, `${name}.ts`));

const INTERRUPTIBLE = `
  const { interruptible } = require(${sourceOf('interrupt')});
  setTimeout(() => process.exit(), ${OWN_END_MS});
  interruptible('what was begun is undone', (signal) => new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    console.log('begun');
  })).catch(({ message }) => {
    console.log(message);
    process.exit();
  });
`;
const TOOL = `
  process.on('SIGTERM', () => {
    console.log('the tool ends');
    process.exit();
  });
  setTimeout(() => process.exit(), ${OWN_END_MS});
  console.log('begun');
`;
const RUNS_TOOL = `
  const { runTool } = require(${sourceOf('run')});
  void runTool(process.cwd(), process.execPath, ['-e', ${JSON.stringify(TOOL)}]);
`;

test.each([
  ['an older Node', { STAMPEDE_WRAPPER: '1' }],
  ['npm', { npm_command: 'exec' }],
])('%s that is killed leaves nothing behind that goes on', async (_, by) => {
  expect(await saidByOrphan(INTERRUPTIBLE, by)).toBe('begun\nwhat was begun is undone\n');
});

test('a tool ends with whoever had it run', async () => {
  expect(await saidByOrphan(RUNS_TOOL, { STAMPEDE_WRAPPER: '1' })).toBe('begun\nthe tool ends\n');
});
