import { posix } from 'node:path';
import { occurrences, perFile, type Rule } from './rule';

const isMigration = (path: string): boolean => /\/migrations\/[^/]+\.sql$/.test(path);
const NAME = /^(\d{4})_[a-z0-9]+(_[a-z0-9]+)*\.sql$/;
const CONTRACTIONS = [
  String.raw`drop\s+(table|column|schema|type|view|constraint)`,
  String.raw`rename\s+(column|to)`,
  String.raw`column\s+\w+\s+(set\s+data\s+)?type`,
  String.raw`set\s+not\s+null`,
  'truncate',
];
const CONTRACTION = new RegExp(String.raw`\b(${CONTRACTIONS.join('|')})\b`, 'i');

/** Migrations run in the order of their numbers, which have no gap. */
export const migrationNames: Rule = (files) => {
  const folders = Map.groupBy(
    files.filter(({ path }) => isMigration(path)).map(({ path }) => path),
    (path) => posix.dirname(path),
  );
  return [...folders.values()].flatMap((paths) =>
    paths.toSorted().flatMap((path, index) => {
      const number = NAME.exec(posix.basename(path))?.[1];
      if (Number(number) === index + 1) return [];
      return [
        {
          path,
          line: 1,
          problem: `the migration after ${index} is named ${String(index + 1).padStart(4, '0')}_what_it_does.sql`,
        },
      ];
    }),
  );
};

/**
 * The version before must run on the new schema: what it needs is taken away one version later, and the file says so.
 */
export const expandingMigrations: Rule = perFile(isMigration, ({ path, text }) => {
  if (/^-- contract: /m.test(text)) return [];
  const code = text.replace(/--[^\n]*/g, '');
  return occurrences(
    path,
    code,
    CONTRACTION,
    'takes away what the version before needs; say `-- contract: <since which version nobody uses it>`',
  );
});
