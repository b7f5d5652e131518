/** A version of pricing that can be released: all are the same image, told apart by PRICING_VERSION. */
export interface PricingVersion {
  readonly version: string;
  /** One sentence for the list of versions. */
  readonly about: string;
  /** There is something wrong with it, to practise releases on: it starts in a lab only. */
  readonly defective: boolean;
}

/** v1 and its successor, which is as good, and six that must never be promoted. */
export const PRICING_VERSIONS = [
  { version: 'v1', about: 'what answers now', defective: false },
  { version: 'v2', about: 'as good as v1: it is promoted', defective: false },
  { version: 'v2-errors', about: 'answers one request in a hundred with 500', defective: true },
  { version: 'v2-late', about: 'keeps one answer in ten for longer: three times the p99', defective: true },
  { version: 'v2-cent', about: 'asks a cent too much in the total of one quote in fifty, with 200', defective: true },
  { version: 'v2-leak', about: 'takes more memory ten times a second, and gives none back', defective: true },
  { version: 'v2-slow-start', about: 'is not ready for a minute and a half', defective: true },
  { version: 'v2-crash', about: 'ends while it starts, again and again', defective: true },
] as const satisfies readonly PricingVersion[];

export type PricingVersionName = (typeof PRICING_VERSIONS)[number]['version'];
