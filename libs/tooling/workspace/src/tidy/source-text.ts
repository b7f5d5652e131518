/** A text in two halves of the same length and the same lines: what runs, and what is said about it. */
export interface Halves {
  /** Comments are blanked. */
  readonly code: string;
  /** Code and strings are blanked. */
  readonly comments: string;
}

/** After these a slash begins a regular expression, not a division. */
const BEFORE_REGEX = /(^|[=(,:[!&|?{};+\-*%<>~^]|\b(return|typeof|case|in|of|throw|await|yield))\s*$/;

/**
 * One piece of TypeScript at the start of the text: comment, string, regular expression, or one character of anything
 * else.
 */
const PIECE = {
  comment: /^(\/\/[^\n]*|\/\*[\s\S]*?(\*\/|$))/,
  string: /^('(?:[^'\\\n]|\\[\s\S])*'?|"(?:[^"\\\n]|\\[\s\S])*"?)/,
  regex: /^\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/,
};

const known = new Map<string, Halves>(); // every rule asks for every file

/** Splits TypeScript into code and comments; strings, templates and regular expressions belong to the code. */
export function halvesOf(text: string): Halves {
  const halves = known.get(text) ?? split(text);
  known.set(text, halves);
  return halves;
}

function split(text: string): Halves {
  const code: string[] = [];
  const comments: string[] = [];
  const take = (piece: string, isComment: boolean): void => {
    (isComment ? comments : code).push(piece);
    (isComment ? code : comments).push(piece.replace(/[^\n]/g, ' '));
  };
  const templates: number[] = []; // for each open template, how many braces are open inside its ${}
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at, at + LONGEST_PIECE);
    const piece = templates.at(-1) === 0 ? templatePart(rest, templates) : codePart(rest, code, templates);
    take(piece.text, piece.isComment);
    at += piece.text.length;
  }
  return { code: code.join(''), comments: comments.join('') };
}

const LONGEST_PIECE = 20_000; // characters looked at from one place; keeps long files linear

interface Piece {
  readonly text: string;
  readonly isComment: boolean;
}

/** Inside a template's text: up to its end or to the next `${`. */
function templatePart(rest: string, templates: number[]): Piece {
  const [text = rest] = /^(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(`|\$\{)?/.exec(rest) ?? [];
  if (text.endsWith('${')) templates[templates.length - 1] = 1;
  else templates.pop();
  return { text, isComment: false };
}

function codePart(rest: string, before: readonly string[], templates: number[]): Piece {
  const comment = PIECE.comment.exec(rest);
  if (comment !== null) return { text: comment[0], isComment: true };
  const [first = ''] = rest;
  if (first === '`') templates.push(0);
  countBraces(first, templates);
  const string = PIECE.string.exec(rest) ?? (first === '/' && mayBeRegex(before) ? PIECE.regex.exec(rest) : null);
  const word = string ?? /^[A-Za-z0-9_$]+/.exec(rest);
  return { text: word?.[0] ?? first, isComment: false };
}

function countBraces(character: string, templates: number[]): void {
  const open = templates.at(-1);
  if (open === undefined || open === 0) return;
  if (character === '{') templates[templates.length - 1] = open + 1;
  if (character === '}') templates[templates.length - 1] = open - 1;
}

function mayBeRegex(before: readonly string[]): boolean {
  return BEFORE_REGEX.test(before.slice(-12).join('').trimEnd());
}

/** The number of the line that `index` is on, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** The text between the bracket at `open` and the one that closes it. */
export function insideBrackets(code: string, open: number): string {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    if ('([{'.includes(code.charAt(at))) depth += 1;
    if (')]}'.includes(code.charAt(at))) depth -= 1;
    if (depth === 0) return code.slice(open + 1, at);
  }
  return code.slice(open + 1);
}
