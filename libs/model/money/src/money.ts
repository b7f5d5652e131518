/** A sum in minor units (cents) of one ISO 4217 currency; never a fraction. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** `amountMinor` times a ratio, rounded half up to a whole minor unit. @throws RangeError for a result beyond 2^53. */
export function scaled(amountMinor: number, ratio: number): number {
  const result = Math.floor(amountMinor * ratio + 0.5);
  if (!Number.isSafeInteger(result)) throw new RangeError(`${amountMinor} x ${ratio} is no safe amount`);
  return result;
}
