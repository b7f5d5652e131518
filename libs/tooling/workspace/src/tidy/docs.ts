import { posix } from 'node:path';
import { lineAt } from './source-text';
import type { Rule } from './rule';

const LINK = /\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g;
const FENCE = /^(```|~~~)[\s\S]*?^\1/gm;

/** Every link to a file or a heading of the project leads there; `paths` are all its files. */
export function deadLinks(paths: ReadonlySet<string>): Rule {
  const exists = (target: string): boolean =>
    paths.has(target) || [...paths].some((path) => path.startsWith(`${target}/`));
  return (files) =>
    files
      .filter(({ path }) => path.endsWith('.md'))
      .flatMap(({ path, text }) => {
        const prose = text.replace(FENCE, (fence) => fence.replace(/[^\n]/g, ' '));
        return [...prose.matchAll(LINK)].flatMap((match) => {
          const [target = '', anchor] = (match[1] ?? '').split('#');
          if (/^[a-z]+:/.test(target)) return [];
          const file = target === '' ? path : posix.join(posix.dirname(path), decodeURI(target)).replace(/\/$/, '');
          const line = lineAt(prose, match.index);
          if (!exists(file)) return [{ path, line, problem: `${match[1]} leads nowhere` }];
          if (anchor === undefined || !file.endsWith('.md')) return [];
          const there = files.find((other) => other.path === file)?.text ?? '';
          return headingsOf(there).has(anchor) ? [] : [{ path, line, problem: `${file} has no heading #${anchor}` }];
        });
      });
}

/** As the forges make them: lower case, spaces to hyphens, punctuation gone. */
function headingsOf(text: string): Set<string> {
  const headings = text.replace(FENCE, '').match(/^#+ .*$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}
