import { isTypeScript, perFile, type Rule } from './rule';

const MOST_LINES = 300;
const LONGEST_LINE = 120;

/** Files that a screen or two show, lines that need no scrolling. Functions and parameters are counted by oxlint. */
export const size: Rule = perFile(
  (path) => isTypeScript(path) || path.endsWith('.mjs'),
  ({ path, text }) => {
    const lines = text.split('\n');
    const long = lines.flatMap((line, index) =>
      line.length > LONGEST_LINE
        ? [{ path, line: index + 1, problem: `a line of ${line.length} characters, at most ${LONGEST_LINE}` }]
        : [],
    );
    const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
    if (count <= MOST_LINES) return long;
    return [...long, { path, line: MOST_LINES, problem: `a file of ${count} lines, at most ${MOST_LINES}` }];
  },
);
