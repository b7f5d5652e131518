import { PRICING_VERSIONS } from '@stampede/topology';
import { Command } from 'commander';
import { releaseVerb } from './release.verb';

const said: string[] = [];

async function run(...words: string[]): Promise<unknown> {
  said.length = 0;
  const program = new Command('stampede');
  releaseVerb(program, { root: '.', env: {}, print: (line) => said.push(line) });
  return program.parseAsync(['node', 'stampede', 'release', ...words]);
}

afterEach(() => {
  process.exitCode = 0;
});

test('the list names every version with what is wrong with it', async () => {
  await run('--list');
  expect(said).toHaveLength(PRICING_VERSIONS.length);
  for (const { version, about } of PRICING_VERSIONS)
    expect(said.some((line) => line.startsWith(version) && line.endsWith(about))).toBe(true);
});

test.each([[[]], [['pricing']], [['orders', 'v2']]])(
  'what is no release is refused, and has not begun: %j',
  async (words) => {
    await expect(run(...words)).rejects.toThrow('name the service and a version');
    expect(process.exitCode).toBe(3);
  },
);
