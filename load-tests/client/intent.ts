import type { Follow, Intent } from './buyer.ts';
import type { Match } from './match.ts';
import type { Random } from './random.ts';

/** Settings of a scenario whose arrivals buy. */
export const buyingDefaults = {
  /** What a hundred buyers pay with; the provider misbehaves for some of them as the contract says. */
  paymentTokens: 'tok_ok:100',
  /** Seats of one buyer, from 1 to that. */
  mostSeats: 2,
  /** How buyers follow their order: `poll`, `stream` or `no`. */
  follow: 'poll',
} as const;

export interface BuyingSettings {
  readonly paymentTokens: string;
  readonly mostSeats: number;
  readonly follow: string;
}

/** What one arrival wants: by its own chance alone, so that a seed gives the same crowd. */
export function intentOf(match: Match, { paymentTokens, mostSeats, follow }: BuyingSettings, random: Random): Intent {
  return {
    match,
    category: match.categories[Math.floor(random() * match.categories.length)] ?? 'CAT1',
    quantity: 1 + Math.floor(random() * mostSeats),
    paymentToken: drawn(paymentTokens, random),
    follow: followOf(follow),
  };
}

/** `tok_ok:90,tok_slow:10`: shares need not add up to a hundred. */
function drawn(mix: string, random: Random): string {
  const parts = mix.split(',').map((part) => {
    const [token = '', share = ''] = part.split(':');
    if (token === '' || !(Number(share) > 0)) throw new Error(`paymentTokens: "${part}" is not "token:share"`);
    return { token, share: Number(share) };
  });
  let left = random() * parts.reduce((sum, { share }) => sum + share, 0);
  for (const { token, share } of parts) {
    left -= share;
    if (left < 0) return token;
  }
  return parts[0]?.token ?? 'tok_ok';
}

function followOf(text: string): Follow {
  if (text === 'poll' || text === 'stream' || text === 'no') return text;
  throw new Error(`follow is poll, stream or no, not "${text}"`);
}
