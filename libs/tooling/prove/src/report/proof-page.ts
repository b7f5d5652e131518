import type { Journal } from '../journal';
import { charts } from './charts';
import { checksTable } from './checks-table';
import { factList } from './facts';
import { document, html, type Html } from './html';
import { STYLE } from './style';
import {
  duration,
  machineInWords,
  MEANING,
  moment,
  OUTCOME,
  shownRuns,
  SIGN,
  versionsInWords,
  whyInWords,
  type ShortProof,
} from './words';

/** A file beside the page. */
export interface RawFile {
  readonly name: string;
  readonly what: string;
}

/**
 * One proof as one page that needs nothing but itself: no script, no network. It links to the raw files beside it and,
 * where `claims` leads to it, to the page of all claims.
 */
export function proofPage(journal: Journal & ShortProof, rawFiles: readonly RawFile[], claims?: string): string {
  const { id, promise, verdict, form, runs } = journal;
  const why = whyInWords(journal.why);
  const shown = shownRuns(journal);
  const wayBack = claims === undefined ? undefined : html`<a href="${claims}">Claims</a> <span>/</span>`;
  const standing = `${id} ${lead(journal)}`;
  const repeats = runs.length > 2 ? runsTable(journal) : undefined;
  return document({
    title: `${id} ${verdict}: ${promise}`,
    description: `${verdict}, ${why}`,
    style: STYLE,
    body: html`${PATTERNS}
      <main>
        <header class="top">
          <p class="eyebrow">${wayBack} ${standing}</p>
          <h1>${promise}</h1>
          ${verdictBox(verdict, why)} ${triesBefore(journal)} ${facts(journal)}
        </header>
        ${
          runs.length === 0
            ? undefined
            : html`<section aria-labelledby="measured">
                <h2 id="measured">What was measured</h2>
                ${checksTable(shown)}
              </section>`
        }
        ${charts(shown)} ${repeats} ${leaning(journal)} ${filesOf(journal, rawFiles)}
      </main>
      <footer>
        <p>Form ${form}, seed ${journal.seed}. Made by <code>${journal.command}</code> at commit ${journal.commit}.</p>
      </footer>`,
  });
}

/** A promise may stand as a sentence of its own after a full PASS alone, with all the experiments that it needs. */
function lead({ verdict, form, runs, neededExperiments }: Journal & ShortProof): string {
  if (verdict !== 'PASS') return 'was promised, and is not claimed';
  if (form === 'quick') return 'held in its quick form, and is claimed after a full one';
  if (neededExperiments === undefined) return 'is claimed';
  const made = runs.filter(({ role }) => role === 'experiment').length;
  return `held in ${made} of the ${neededExperiments} experiments that it needs, and is not claimed`;
}

function verdictBox(verdict: Journal['verdict'], why: string): Html {
  return html`<div class="verdict ${verdict.toLowerCase()}">
    <p class="word"><span aria-hidden="true">${SIGN[verdict]}</span> ${verdict}</p>
    <div>
      <p class="why">${why[0]?.toUpperCase()}${why.slice(1)}.</p>
      <p class="meaning">${MEANING[verdict]}</p>
    </div>
  </div>`;
}

function triesBefore({ before = [] }: Journal): Html | undefined {
  if (before.length === 0) return undefined;
  return html`<p class="hint">
    Tried before: ${before.map(({ verdict, why }) => `${verdict}, ${whyInWords(why)}`).join('; ')}.
  </p>`;
}

function facts(journal: Journal): Html {
  const { form, seed, startedAt, tookMs, commit, command, versions, machine, tier, runs } = journal;
  const rows: readonly (readonly [string, Html | string])[] = [
    ['Command', html`<code>${command}</code>`],
    ['Form', `${form}, ${tier} tier, ${countOf(runs.length)}`],
    ['When', `${moment(startedAt)}, took ${duration(tookMs)}`],
    ['Seed', String(seed)],
    ['Commit', html`<code>${commit}</code>`],
    ['Versions', versionsInWords(versions)],
    ['Machine', machineInWords(machine)],
  ];
  return factList(rows);
}

function countOf(runs: number): string {
  return runs === 1 ? '1 run' : `${runs} runs`;
}

function runsTable({ runs }: Journal): Html {
  const rows = runs.map(
    ({ role, seed, outcome, why, fault }) =>
      html`<tr>
        <th scope="row">${role}</th>
        <td data-head="Seed">${seed}</td>
        <td data-head="Outcome">${OUTCOME[role][outcome]}</td>
        <td data-head="Fault seen">${fault.seen.value}</td>
        <td data-head="Why">${whyInWords(why)}</td>
      </tr>`,
  );
  return html`<section aria-labelledby="runs">
    <h2 id="runs">Every run</h2>
    <table>
      <thead>
        <tr>
          ${['Run', 'Seed', 'Outcome', 'Fault seen', 'Why'].map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </section>`;
}

function leaning({ leansOn = [] }: Journal): Html | undefined {
  if (leansOn.length === 0) return undefined;
  return html`<section aria-labelledby="leans">
    <h2 id="leans">What this leans on</h2>
    <p>Parts of the lab stand in for the public ones:</p>
    <ul>
      ${leansOn.map((part) => html`<li>${part}</li>`)}
    </ul>
  </section>`;
}

function filesOf({ thinned = [] }: Journal, rawFiles: readonly RawFile[]): Html {
  return html`<section aria-labelledby="raw">
    <h2 id="raw">Raw files</h2>
    <ul class="files">
      ${rawFiles.map(({ name, what }) => html`<li><a href="${name}">${name}</a> ${what}</li>`)}
    </ul>
    ${thinned.length === 0 ? undefined : html`<p class="hint">Thinned out to be kept: ${thinned.join('; ')}.</p>`}
  </section>`;
}

/** What a band of answers is filled with beside its colour, so that grey paper tells them apart. */
const PATTERNS = html`<svg class="patterns" width="0" height="0" aria-hidden="true">
  <defs>
    <pattern id="bars" width="6" height="4" patternUnits="userSpaceOnUse">
      <rect width="6" height="4" class="ground refused" />
      <rect width="6" height="1" class="ink" />
    </pattern>
    <pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">
      <rect width="6" height="6" class="ground limited" />
      <circle cx="3" cy="3" r="1.3" class="ink" />
    </pattern>
    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="6" height="6" class="ground overloaded" />
      <rect width="2" height="6" class="ink" />
    </pattern>
  </defs>
</svg>`;
