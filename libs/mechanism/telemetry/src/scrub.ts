/** Longest text that goes into a log line; also bounds what the patterns below may cost. */
const LONGEST_TEXT = 4_000;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\/\/[^\s/:@]{0,256}:[^\s/@]{1,256}@/g, '//[credentials]@'],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, '[token]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 [token]'],
  [/\btok_\w+/g, '[token]'],
  [/[\w.!#$%&'*+=?^`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}/gi, '[email]'],
];
const DIGIT_RUN = /\b\d(?:[ -]?\d){12,18}\b/g;

/**
 * The text without what looks like a token, a password in a URL, an e-mail address or a card number: the last net
 * under the allow-list.
 */
export function scrub(text: string): string {
  let clean = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}...` : text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean.replace(DIGIT_RUN, (run) => (isCardNumber(run) ? '[card]' : run));
}

/** The check digit of card numbers; it lets nine of ten other numbers pass. @see ISO/IEC 7812-1, annex B (Luhn) */
function isCardNumber(run: string): boolean {
  const digits = run.replace(/\D/g, '');
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = digit * 2;
    sum += place % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
