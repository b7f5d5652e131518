/** Answers seen before; bounded, because clients choose the header. */
const MOST_REMEMBERED = 200;
const remembered = new Map<string, boolean>();

/**
 * Whether an `Accept` header can be satisfied by `produced` (problems go out whatever it says). An empty
 * one says nothing. @see RFC 9110, section 12.5.1
 */
export function accepts(accept: string | undefined, produced: string): boolean {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === produced) return true;
  const key = `${produced} ${accept}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const answer = negotiate(accept, produced);
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(key, answer);
  return answer;
}

/** The most specific range that matches decides: `application/json;q=0, *\/*` refuses JSON. */
function negotiate(accept: string, produced: string): boolean {
  const anyOfType = `${produced.slice(0, produced.indexOf('/'))}/*`;
  const alsoSent = produced === 'application/json' ? 'application/problem+json' : produced;
  const best = { specificity: 0, quality: 0 };
  for (const part of accept.split(',')) {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const specificity =
      range === produced || range === alsoSent ? 3 : range === anyOfType ? 2 : range === '*/*' ? 1 : 0;
    if (specificity === 0 || specificity < best.specificity) continue;
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    best.quality = Math.max(
      specificity > best.specificity ? 0 : best.quality,
      quality === undefined ? 1 : Number(quality.slice(2)) || 0,
    );
    best.specificity = specificity;
  }
  return best.quality > 0;
}
