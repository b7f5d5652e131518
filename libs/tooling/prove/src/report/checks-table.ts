import type { K6Summary } from '../check';
import type { CheckResult, RunRecord } from '../journal';
import { html, type Html } from './html';
import { figure } from './scale';
import { isThreshold, OUTCOME, whyInWords } from './words';

export interface Shown {
  readonly experiment?: RunRecord;
  readonly control?: RunRecord;
}

const ROLES = ['experiment', 'control'] as const;

/** All that was measured and its limits, experiment and control side by side. */
export function checksTable(shown: Shown): Html {
  const roles = ROLES.filter((role) => shown[role] !== undefined);
  return html`<table class="checks">
    <thead>
      <tr>
        <th scope="col">Check</th>
        <th scope="col">Limit</th>
        ${roles.map((role) => html`<th scope="col">${headingOf(shown[role])}</th>`)}
      </tr>
    </thead>
    ${group(shown, roles, 'Before the fault: steady state', (run) => run.steadyState)}
    ${group(shown, roles, 'The fault was seen to act', (run) => [faultOf(run, shown)])}
    ${group(shown, roles, 'Verdict', (run) => run.checks.filter((check) => !isThreshold(check)))}
    ${group(shown, roles, 'Verdict: thresholds of k6', (run) => run.checks.filter(isThreshold).map(withoutPrefix))}
    ${group(shown, roles, 'Load that k6 sent', (run) => loadOf(run.summary))}
    <tfoot>
      <tr>
        <th scope="row" colspan="2">Outcome</th>
        ${roles.map((role) => outcomeCell(shown[role]))}
      </tr>
    </tfoot>
  </table>`;
}

/** A row of the table; `holds` is left out where there is nothing to hold. */
type Row = Omit<CheckResult, 'holds'> & { readonly holds?: boolean };

function group(
  shown: Shown,
  roles: readonly (keyof Shown)[],
  title: string,
  rowsOf: (run: RunRecord) => readonly Row[],
): Html | undefined {
  const columns = roles.map((role) => ({ role, rows: rowsIn(shown[role], rowsOf) }));
  // A k6 metric may have several limits: a row is a name with its limit.
  const keys = new Map(columns.flatMap(({ rows }) => rows.map((row) => [`${row.name}\n${row.limit}`, row] as const)));
  if (keys.size === 0) return undefined;
  const rows = [...keys.values()].map(
    ({ name, limit }) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td class="limit" data-head="Limit">${limit}</td>
        ${columns.map((column) =>
          cell(
            column.role,
            column.rows.find((row) => row.name === name && row.limit === limit),
          ),
        )}
      </tr>`,
  );
  return html`<tbody>
    <tr class="group">
      <th scope="rowgroup" colspan="${roles.length + 2}">${title}</th>
    </tr>
    ${rows}
  </tbody>`;
}

function rowsIn(run: RunRecord | undefined, rowsOf: (run: RunRecord) => readonly Row[]): readonly Row[] {
  return run === undefined ? [] : rowsOf(run);
}

function cell(role: keyof Shown, row: Row | undefined): Html {
  const head = role === 'experiment' ? 'Experiment' : 'Control';
  if (row === undefined) return html`<td data-head="${head}">not measured</td>`;
  const { measured, holds, samples, unknown } = row;
  const few = samples !== undefined && samples.seen < samples.needed;
  const count =
    samples === undefined
      ? undefined
      : html`<small class="${few ? 'few' : ''}"
          >${figure(samples.seen)} samples, ${few ? 'too few: ' : ''}${figure(samples.needed)} needed</small
        >`;
  const sign = signOf(unknown === true ? 'unknown' : holds);
  return html`<td data-head="${head}"><span>${sign} ${measured}${count}</span></td>`;
}

function signOf(holds: boolean | 'unknown' | undefined): Html | undefined {
  if (holds === undefined) return undefined;
  if (holds === 'unknown') return html`<b class="sign" role="img" aria-label="could not be read">?</b>`;
  return holds
    ? html`<b class="sign holds" role="img" aria-label="holds">✓</b>`
    : html`<b class="sign broken" role="img" aria-label="does not hold">✗</b>`;
}

function headingOf(run: RunRecord | undefined): Html {
  if (run?.role !== 'control') return html`Experiment`;
  return html`Control <small>without <code>${run.off ?? 'its mitigation'}</code></small>`;
}

function outcomeCell(run: RunRecord | undefined): Html | undefined {
  if (run === undefined) return undefined;
  const head = run.role === 'experiment' ? 'Experiment' : 'Control';
  const bite = run.bite?.by === undefined ? undefined : html`<small>It bites by ${run.bite.by}${thin(run)}.</small>`;
  return html`<td data-head="${head}">
    <span><strong>${OUTCOME[run.role][run.outcome]}</strong><small>${whyInWords(run.why)}</small>${bite}</span>
  </td>`;
}

function thin({ bite }: RunRecord): string {
  return bite?.thin === true ? ': so little that it may hold another time' : '';
}

/** One row for both runs, also where a control is asked for another count. */
function faultOf({ fault: { name, seen } }: RunRecord, { experiment, control }: Shown): Row {
  const limits = [experiment, control].flatMap((run) => run?.fault.seen.least ?? []).map(figure);
  const [limit, other = limit] = limits;
  const both = other === limit ? '' : ` (control: ${other})`;
  return {
    name: `${name}: ${seen.metric}`,
    measured: figure(seen.value),
    limit: `at least ${limit}${both}`,
    holds: seen.value >= seen.least,
  };
}

function withoutPrefix(check: CheckResult): Row {
  return { ...check, name: check.name.slice('k6: '.length) };
}

const LOAD = [
  { metric: 'http_reqs', name: 'calls' },
  { metric: 'iterations', name: 'arrivals that were started' },
  { metric: 'dropped_iterations', name: 'arrivals that could not be started' },
] as const;

/** k6 leaves out a count that stayed 0; of a dropped arrival that is worth saying. */
function loadOf({ metrics }: K6Summary): readonly Row[] {
  if (metrics['iterations'] === undefined) return [];
  return LOAD.map(({ metric, name }) => ({
    name,
    limit: metric === 'dropped_iterations' ? 'at most 1 % of all' : '',
    measured: figure(metrics[metric]?.values['count'] ?? 0),
  }));
}
