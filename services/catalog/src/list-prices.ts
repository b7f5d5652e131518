import type { Category } from '@stampede/contracts';
import { scaled, type Money } from '@stampede/money';

/** Stages of a tournament that are priced apart. */
export type Stage = 'group' | 'knockout' | 'final';

/** List prices of the seeded matches in US cents, before demand. */
const USD_MINOR: Readonly<Record<Stage, Readonly<Record<Category, number>>>> = {
  group: { CAT1: 40_000, CAT2: 28_000, CAT3: 17_500, CAT4: 7_500 },
  knockout: { CAT1: 75_000, CAT2: 52_000, CAT3: 32_000, CAT4: 14_000 },
  final: { CAT1: 210_000, CAT2: 145_000, CAT3: 90_000, CAT4: 45_000 },
};

/**
 * What a stadium's country charges in, and how many units of it a US dollar is; fixed, so that a price never moves by
 * itself.
 */
const CURRENCY_OF: Readonly<Record<string, { currency: string; perUsd: number }>> = {
  US: { currency: 'USD', perUsd: 1 },
  CA: { currency: 'CAD', perUsd: 1.35 },
  MX: { currency: 'MXN', perUsd: 18 },
};

/** @throws Error for a country without a currency here: add it to this file. */
export function listPrice(countryCode: string, stage: Stage, category: Category): Money {
  const local = CURRENCY_OF[countryCode];
  if (local === undefined) throw new Error(`no list prices for country ${countryCode}`);
  return { amount: scaled(USD_MINOR[stage][category], local.perUsd), currency: local.currency };
}
