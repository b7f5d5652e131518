import { isProduct, type Rule } from './rule';
import { halvesOf, lineAt } from './source-text';

const TABLE = 'libs/model/topology/src/mitigations.ts';

/**
 * A control switches one named mitigation off: each row of the table is wired in exactly one place, and nothing else
 * is.
 */
export const mitigations: Rule = (files) => {
  const rows = idsIn(files.find(({ path }) => path === TABLE)?.text ?? '', /\bid:\s*'([^']+)'/g);
  const calls = files
    .filter(({ path }) => isProduct(path) && path !== TABLE)
    .flatMap(({ path, text }) => idsIn(text, /\bmitigated\(\s*'([^']+)'/g).map((call) => ({ ...call, path })));
  const unknown = calls.filter(({ id }) => !rows.some((row) => row.id === id));
  const uneven = rows
    .map((row) => ({ ...row, times: calls.filter(({ id }) => id === row.id).length }))
    .filter(({ times }) => times !== 1);
  return [
    ...unknown.map(({ path, line, id }) => ({ path, line, problem: `mitigation '${id}' has no row in ${TABLE}` })),
    ...uneven.map(({ line, id, times }) => ({
      path: TABLE,
      line,
      problem: `mitigation '${id}' is wired ${times} times, not once`,
    })),
  ];
};

function idsIn(text: string, pattern: RegExp): { id: string; line: number }[] {
  const { code } = halvesOf(text);
  return [...code.matchAll(pattern)].map((match) => ({ id: match[1] ?? '', line: lineAt(code, match.index) }));
}
