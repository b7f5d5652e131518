import { spawnSync } from 'node:child_process';

/** The commit of the checkout, with `+` when files differ from it; `unknown` outside of Git. */
export function commitOf(root: string): string {
  const git = (...args: string[]) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head.status !== 0) return 'unknown';
  return head.stdout.trim() + (git('status', '--porcelain').stdout === '' ? '' : '+');
}
