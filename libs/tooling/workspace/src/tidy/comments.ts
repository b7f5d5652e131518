import { isTest, isTypeScript, occurrences, perFile, type Rule } from './rule';
import { halvesOf } from './source-text';

const CODE_AT_END = /^\s*\/\/\s*(?!.*(https?:|`)).*([;{]|=>|\)\s*,)\s*$/m;

/** Comments say why; what is not done is an issue, what is not used is gone. */
export const comments: Rule = perFile(isTypeScript, ({ path, text }) => {
  const { comments: said } = halvesOf(text);
  return [
    ...occurrences(path, said, /\bTODO\b(?!\(#\d+\))/, 'a TODO without its issue: TODO(#12)'),
    ...occurrences(path, said, /\b(FIXME|XXX|HACK)\b/, 'unfinished work: an issue, not a comment'),
    ...occurrences(path, said, CODE_AT_END, 'commented-out code'),
    ...occurrences(path, said, /@(param|returns?)\s+\{/, 'a type in words: the signature has it'),
  ];
});

const isCommandLine = (path: string): boolean =>
  /^(bin|libs\/tooling\/cli)\//.test(path) || /(^|\/)(bench\/|build\.mjs$)/.test(path);

/** k6 has no other way to write a line. */
const BUYERS_HISTORY = 'load-tests/client/history.ts';

/** The process' own log is the only way to write lines. */
export const consoleUse: Rule = perFile(
  (path) => isTypeScript(path) && !isCommandLine(path) && !isTest(path) && path !== BUYERS_HISTORY,
  ({ path, text }) => occurrences(path, halvesOf(text).code, /\bconsole\.\w+\(/, 'console outside the command line'),
);
