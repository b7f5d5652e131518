import type { Verdict } from '../journal';
import { isClaimed, type ClaimState, type KeptProof } from './evidence';
import { document, html, type Html } from './html';
import { STYLE } from './style';
import { keyFigures, machineInWords, moment, SIGN } from './words';

const COLUMNS = ['Claim', 'Promise', 'Verdict', 'Figures', 'When', 'Report'] as const;

/** Every claim with its last verdict and the way to its report; a promise that is not claimed today is greyed. */
export function claimsPage(states: readonly ClaimState[]): string {
  const claimed = states.filter(isClaimed).length;
  const heading = `${claimed} of ${states.length} claims are proved today`;
  return document({
    title: heading,
    description: 'What the shop promises, and how it went when it was put to the test.',
    style: STYLE,
    body: html`<main>
      <header class="top">
        <p class="eyebrow">Stampede</p>
        <h1>${heading}</h1>
        <p class="hint">
          Each is an experiment with a fault that was seen to act, and a control that fails because one mitigation is
          off. A verdict is stale when the claim, its load or its mitigation has changed since.
        </p>
      </header>
      <section aria-label="All claims">
        <table class="claims">
          <thead>
            <tr>
              ${COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${states.map(row)}
          </tbody>
        </table>
      </section>
    </main>`,
  });
}

function row(state: ClaimState): Html {
  const { id, words, full, quick } = state;
  const proof = full ?? quick;
  const promise = isClaimed(state)
    ? html`<td data-head="Promise"><span>${proof?.journal.promise}</span></td>`
    : html`<td data-head="Promise" class="unclaimed"><span>not claimed: ${words}</span></td>`;
  return html`<tr>
    <th scope="row">${id}</th>
    ${promise}
    <td data-head="Verdict"><span>${verdictsOf(state)}</span></td>
    <td data-head="Figures">${proof === undefined ? undefined : html`<span>${figuresOf(proof)}</span>`}</td>
    <td data-head="When">${proof === undefined ? undefined : whenOf(proof)}</td>
    <td data-head="Report">${proof === undefined ? undefined : html`<span>${reportsOf(state)}</span>`}</td>
  </tr>`;
}

function verdictsOf({ full, quick }: ClaimState): Html {
  if (full === undefined && quick === undefined) return html`not run yet`;
  return html`${full === undefined ? undefined : verdict(full)} ${quick === undefined ? undefined : verdict(quick)}`;
}

function verdict({ journal, stale }: KeptProof): Html {
  const form = journal.form === 'quick' ? html` <small>in its quick form</small>` : undefined;
  if (stale) return html`<span>${tag('stale')} <small>was ${journal.verdict}</small>${form}</span>`;
  return html`<span>${tag(journal.verdict)}${form}</span>`;
}

function tag(word: Verdict | 'stale'): Html {
  return html`<span class="tag ${word.toLowerCase()}"><span aria-hidden="true">${SIGN[word]}</span> ${word}</span>`;
}

function figuresOf({ journal }: KeptProof): readonly Html[] {
  return keyFigures(journal).map(
    ({ name, measured, without }) =>
      html`<div>
        ${name}:
        <strong>${measured}</strong>${without === undefined ? undefined : html`<small>control: ${without}</small>`}
      </div>`,
  );
}

function whenOf({ journal: { startedAt, machine } }: KeptProof): Html {
  return html`<span>${moment(startedAt)}<small>${machineInWords(machine)}</small></span>`;
}

function reportsOf({ full, quick }: ClaimState): readonly Html[] {
  return [full, quick]
    .filter((proof) => proof !== undefined)
    .map(({ folder, journal }) => html`<a href="${folder}/index.html">${journal.form}</a> `);
}
