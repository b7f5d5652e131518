/** Text that is HTML already; whatever else comes into a page is escaped. */
export interface Html {
  readonly html: string;
}

export type HtmlValue = string | number | Html | readonly (Html | undefined)[] | undefined;

/** A template whose values are escaped, unless they are HTML themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: parts.map((part, index) => part + textOf(values[index])).join('') };
}

function textOf(value: HtmlValue): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return 'html' in value ? value.html : value.map((one) => one?.html ?? '').join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export interface PageParts {
  readonly title: string;
  readonly description: string;
  readonly style: string;
  readonly body: Html;
}

/** A page that needs nothing but itself: its policy forbids scripts and the network. */
export function document({ title, description, style, body }: PageParts): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="description" content="${description}" />
        <title>${title}</title>
        <style>
          ${{ html: style }}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `.html.replaceAll(/\n\s*/g, '\n');
}
