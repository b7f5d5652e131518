import { isTest, isTypeScript, occurrences, perFile, type Rule } from './rule';
import { halvesOf } from './source-text';

const HABITS: readonly [pattern: RegExp, problem: string][] = [
  [/\b(test|it|describe)\.(only|skip|todo)(\(|\.each)|\bx(it|describe|test)\(/, 'a test that runs alone or not at all'],
  [/\b(test|it)\(\s*['"`]should\b/, 'a test is named as a sentence about the shop, not "should"'],
  [/\bjest\.mock\(\s*['"`](@stampede|\.)/, 'a mock of our own code: mock the outside alone'],
  [/^\s*expect\([^\n]*\)\s*\.(rejects|resolves)\b/m, 'an expectation that nobody awaits cannot fail'],
];

/** Tests that can fail, named by what they promise. */
export const tests: Rule = perFile(
  (path) => isTypeScript(path) && isTest(path) && !path.includes('/bench/'),
  ({ path, text }) => {
    const { code } = halvesOf(text);
    return HABITS.flatMap(([pattern, problem]) => occurrences(path, code, pattern, problem));
  },
);
