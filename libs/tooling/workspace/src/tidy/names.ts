import { isTypeScript, occurrences, perFile, type Rule } from './rule';
import { halvesOf } from './source-text';

const KEBAB = /^\.?[a-z0-9]+([-.][a-z0-9]+)*$/;
/** A claim's file begins with its id, as people say it: `L2-one-charge.claim.ts`. */
const CLAIM = /^[LK]\d+(-[a-z0-9]+)+\.claim\.ts$/;
const EMPTY_WORD = /(^|[-./])(utils?|helpers?|common|shared|misc|manager|base|impl)([-./]|$)/;
/** Kustomize's own names, and migrations: their names have a rule of their own. */
const NAMED_OTHERWISE = /^(k8s|istio)\/|\/migrations\//;

/** File names say what is inside, in one style. */
export const fileNames: Rule = perFile(
  (path) => /\.(ts|mjs|js|sql|yaml)$/.test(path) && !NAMED_OTHERWISE.test(path),
  ({ path }) => {
    const name = path.split('/').at(-1) ?? '';
    const problems = [
      ...(KEBAB.test(name) || CLAIM.test(name) ? [] : [`${name} is not kebab-case`]),
      ...(EMPTY_WORD.test(path) ? [`${path} has a word that says nothing: name what is inside`] : []),
    ];
    return problems.map((problem) => ({ path, line: 1, problem }));
  },
);

const TYPES: readonly [pattern: RegExp, problem: string][] = [
  [/\binterface I[A-Z][a-z]\w*/, 'an interface is named as the thing, without I'],
  [/\b(class|interface|type) \w*(Manager|Impl|Helper|Utils?)\b/, 'a type named by a word that says nothing'],
  [
    /\babstract class \w+(?! extends Error)\b|\bclass (Base[A-Z]\w*|\w+Base)\b/,
    'a base class: compose, or take a function (errors alone may have one)',
  ],
];

/** Type names say what a thing is; there is nothing to inherit from. */
export const typeNames: Rule = perFile(isTypeScript, ({ path, text }) => {
  const { code } = halvesOf(text);
  return TYPES.flatMap(([pattern, problem]) => occurrences(path, code, pattern, problem));
});
