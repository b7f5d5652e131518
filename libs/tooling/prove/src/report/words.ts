import type { CheckResult, Journal, RunOutcome, RunRecord, Verdict } from '../journal';

/** What each verdict says, for a reader who sees it for the first time. */
export const MEANING: Readonly<Record<Verdict, string>> = {
  PASS: 'The promise held under the fault, and did not without the mitigation: the checks bite.',
  FAIL: 'The promise was broken.',
  INVALID: 'The run proves nothing, neither for the promise nor against it.',
  'NO-FAULT': 'The fault was not seen to act, so nothing was put to the test.',
  'CONTROL-PASSED': 'It held without the mitigation as well: the checks do not bite.',
  UNAVAILABLE: 'A part that the experiment needs was not there.',
};

/** A sign beside the colour, for those who cannot tell colours apart and for paper. */
export const SIGN: Readonly<Record<Verdict | 'stale', string>> = {
  PASS: '✓',
  FAIL: '✗',
  INVALID: '?',
  'NO-FAULT': '∅',
  'CONTROL-PASSED': '≈',
  UNAVAILABLE: '–',
  stale: '↻',
};

export const OUTCOME: Readonly<Record<RunRecord['role'], Readonly<Record<RunOutcome, string>>>> = {
  experiment: { holds: 'held', broken: 'broken', invalid: 'proves nothing', 'no-fault': 'no fault seen' },
  control: {
    holds: 'held, though it must not',
    broken: 'broken, as it must be',
    invalid: 'proves nothing',
    'no-fault': 'no fault seen',
  },
};

/** The two runs that stand for a proof: the first experiment that did not hold, else the first; and the control. */
export function shownRuns({ runs }: Pick<Journal, 'runs'>): { experiment?: RunRecord; control?: RunRecord } {
  const experiments = runs.filter(({ role }) => role === 'experiment');
  const experiment = experiments.find(({ outcome }) => outcome !== 'holds') ?? experiments[0];
  const control = runs.find(({ role }) => role === 'control');
  return { ...(experiment === undefined ? {} : { experiment }), ...(control === undefined ? {} : { control }) };
}

/** Whether a check is one of k6's own thresholds, which are named so by the run. */
export function isThreshold({ name }: CheckResult): boolean {
  return name.startsWith('k6: ');
}

/** A reason of the prover's ends in a check's limit; `none` after a comma reads as if nothing had been seen. */
export function whyInWords(why: string): string {
  return why.replaceAll(/, none(?=;|\.|$)/g, ' (allowed: none)');
}

/** Of a proof with fewer experiments than its form needs: as many would be needed. */
export interface ShortProof {
  readonly neededExperiments?: number;
}

/** One figure of the experiment, and the same one without the mitigation. */
export interface KeyFigure {
  readonly name: string;
  readonly measured: string;
  readonly without?: string;
}

/** What to quote of a proof: first the checks that the control has broken. At most `most`. */
export function keyFigures(
  journal: { readonly runs: readonly Pick<RunRecord, 'role' | 'outcome' | 'checks'>[] },
  most = 2,
): readonly KeyFigure[] {
  const { experiment, control } = shownRuns(journal as Pick<Journal, 'runs'>);
  const broken = new Map(
    control?.checks
      .filter(({ holds, unknown }) => !holds && unknown !== true)
      .map(({ name, measured }) => [name, measured]),
  );
  const checks = (experiment?.checks ?? []).filter((check) => !isThreshold(check) || broken.has(check.name));
  const weight = ({ holds, name }: CheckResult) => (holds ? 0 : 4) + (broken.has(name) ? 2 : 0);
  return checks
    .toSorted((a, b) => weight(b) - weight(a))
    .slice(0, most)
    .map(({ name, measured }) => {
      const without = broken.get(name);
      return { name, measured, ...(without === undefined ? {} : { without }) };
    });
}

/** `2026-06-11 18:00 UTC` */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** `1 min 12 s` */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function machineInWords({ cpu, cores, memoryGiB, os }: Journal['machine']): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}`;
}

export function versionsInWords(versions: Journal['versions']): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
