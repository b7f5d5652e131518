// The texts that a new service changes, as pure functions.

/** Ports are base + 100 + 10 * index: at 9 the admin ports would be those of the payment provider. */
const TAKEN_INDEX = 9;

/** Every way in which a service's name is written. */
exports.namesOf = function namesOf(name) {
  const words = name.split('-');
  const capital = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  return {
    name,
    Capital: capital,
    camel: capital[0].toLowerCase() + capital.slice(1),
    table: words.join('_'),
    PREFIX: words.join('_').toUpperCase(),
    words: words.join(' '),
  };
};

/** The topology with a row for the service; `npm start` and every port follow from it. */
exports.withRow = function withRow(text, name) {
  const end = text.indexOf('] as const satisfies readonly Service[]');
  if (end === -1) throw new Error('services.ts has no table of services');
  const used = [...text.matchAll(/\bindex: (\d+)/g)].map((match) => Number(match[1]));
  let index = Math.max(...used) + 1;
  if (index === TAKEN_INDEX) index += 1;
  const fields = [
    `name: '${name}'`,
    `folder: 'services/${name}'`,
    `index: ${index}`,
    'calls: []',
    'database: true',
    'bus: false',
    'provider: false',
  ];
  const row = `  {\n${fields.map((field) => `    ${field},\n`).join('')}  },\n`;
  return text.slice(0, end) + row + text.slice(end);
};

/** An index of a library that exports one more file, in the order of names. */
exports.withExport = function withExport(text, name) {
  const lines = text.trimEnd().split('\n');
  const line = `export * from './${name}';`;
  const place = lines.findIndex((other) => other > line);
  lines.splice(place === -1 ? lines.length : place, 0, line);
  return `${lines.join('\n')}\n`;
};
