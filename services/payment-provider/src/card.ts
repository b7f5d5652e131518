import type { DeclineCode } from '@stampede/contracts';

/** How the provider treats a demo token. Any token that is not here is declined. */
export interface CardBehaviour {
  readonly declineCode?: DeclineCode;
  /** The answer waits that long; the capture does not. */
  readonly answerDelayMs?: number;
  /** Captures, then drops the connection: the caller cannot know. */
  readonly loseAnswer?: boolean;
  /** Answers 500 to a key's first call and captures nothing. */
  readonly failFirstCall?: boolean;
}

const SLOW_ANSWER_MS = 5_000;

const CARDS: Readonly<Record<string, CardBehaviour>> = {
  tok_ok: {},
  tok_declined: { declineCode: 'card_declined' },
  tok_insufficient_funds: { declineCode: 'insufficient_funds' },
  tok_slow: { answerDelayMs: SLOW_ANSWER_MS },
  tok_lost_response: { loseAnswer: true },
  tok_error_once: { failFirstCall: true },
};

export function cardOf(token: string): CardBehaviour {
  return Object.hasOwn(CARDS, token) ? (CARDS[token] ?? {}) : { declineCode: 'card_declined' };
}
