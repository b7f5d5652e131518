import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../files';
import type { Project } from '../project';

/** One row, as `settingRows` of service-kit gives it. */
export interface SettingRow {
  readonly name: string;
  readonly allowed: string;
  readonly default: string;
  readonly why: string;
}

const BEGIN = '<!-- settings: generated from src/config.ts by `npx stampede sync` -->';
const END = '<!-- end of settings -->';

/** The READMEs of services that have a table of settings, with the table made anew. Builds those services. */
export function withSettingsTables(root: string, projects: readonly Project[]): SourceFile[] {
  const readmes = projects.flatMap(({ folder, level }) => {
    const path = `${folder}/README.md`;
    if (level !== 'service' || !existsSync(join(root, path))) return [];
    const text = readFileSync(join(root, path), 'utf8');
    return text.includes(BEGIN) ? [{ folder, path, text }] : [];
  });
  if (readmes.length === 0) return [];
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-b', '--noCheck', ...readmes.map(({ folder }) => folder)], {
    cwd: root,
    stdio: 'inherit',
  });
  return readmes.map(({ folder, path, text }) => ({ path, text: replaceTable(text, () => rowsOf(root, folder)) }));
}

/**
 * `text` with what stands between the two marks replaced. Without the marks it stays as it is and `rows` is not asked.
 */
export function replaceTable(text: string, rows: () => readonly SettingRow[]): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) return text;
  return `${text.slice(0, begin)}${BEGIN}\n${tableOf(rows())}\n${text.slice(end)}`;
}

function tableOf(rows: readonly SettingRow[]): string {
  const cells = rows.map((row) => [`\`${row.name}\``, row.allowed, row.default, row.why]);
  const lines = cells.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return ['| variable | allowed | default | what for |', '|---|---|---|---|', ...lines].join('\n');
}

/** By path and from the build, as the runner starts services: tooling imports no service. */
function rowsOf(root: string, folder: string): readonly SettingRow[] {
  const { settings } = require(join(root, folder, 'dist', 'config.js')) as { settings: object };
  const { settingRows } = require(join(root, 'libs', 'service-kit', 'dist', 'index.js')) as {
    settingRows: (settings: object) => SettingRow[];
  };
  return settingRows(settings);
}
