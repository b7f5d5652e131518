import type { Command } from 'commander';

/** What every verb is given. */
export interface Surroundings {
  /** The project's folder. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line to stdout. */
  readonly print: (line: string) => void;
}

/** Adds one verb to the command line. To add another: a file like these, and a row in main.ts. */
export type Verb = (program: Command, surroundings: Surroundings) => void;
