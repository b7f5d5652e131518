import { catches, environment, faultSwitches, imports, loadScripts, purity, transactions } from './boundaries';
import { comments, consoleUse } from './comments';
import { expandingMigrations, migrationNames } from './migrations';
import { mitigations } from './mitigations';
import { fileNames, typeNames } from './names';
import { exactVersions, oneVersion } from './packages';
import type { Rule } from './rule';
import { size } from './size';
import { tests } from './tests';

/** Every habit of the house that a machine can see, by name. Links of documents are checked beside, see docs.ts. */
export const houseRules: Readonly<Record<string, Rule>> = {
  size,
  fileNames,
  typeNames,
  comments,
  consoleUse,
  tests,
  imports,
  loadScripts,
  purity,
  environment,
  transactions,
  faultSwitches,
  catches,
  mitigations,
  migrationNames,
  expandingMigrations,
  exactVersions,
  oneVersion,
};
