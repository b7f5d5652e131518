import { InvalidArgumentError } from 'commander';

/** Reads a whole number from `least` on, or refuses the command line. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`a whole number from ${least} on is needed.`);
    return value;
  };
}
