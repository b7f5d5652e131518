import { html, type Html } from './html';

/** What a page says of its run at the top: names with their values. */
export function factList(rows: readonly (readonly [name: string, value: Html | string])[]): Html {
  return html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
