import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Stadium {
  readonly city: string;
  /** `UTC-7` */
  readonly timezone: string;
  /** Country in lower case. */
  readonly cc: string;
  readonly name: string;
  readonly capacity: number;
}

const FIXTURES = join(__dirname, '..', 'fixtures');

/** The stadiums of the fixtures by city. */
export function stadiums(): ReadonlyMap<string, Stadium> {
  const { stadiums: list } = readFixture<{ stadiums: Stadium[] }>('worldcup.stadiums.json');
  return new Map(list.map((stadium) => [stadium.city, stadium]));
}

export function readFixture<T>(file: string): T {
  return JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as T;
}
