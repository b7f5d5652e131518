import { Inject, Injectable } from '@nestjs/common';
import type { Database } from '@stampede/db';
import { DATABASE } from '@stampede/service-kit';
import { readMeters, type Reading, type Readings } from './meter';
import { NIL_ID, selectUsageAfter } from './usage.sql';

const PAGE_EVENTS = 5_000;

/** Reads the meters off the usage that is kept; there is no counter beside it that could disagree. */
@Injectable()
export class Meters {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** By match, sorted by id: all that was metered when the reading began, and perhaps some of what came meanwhile. */
  async read(): Promise<({ readonly eventId: string } & Reading)[]> {
    let readings: Readings = new Map();
    for (let last: string | undefined = NIL_ID; last !== undefined;) {
      const page = await selectUsageAfter(this.database, last, PAGE_EVENTS);
      readings = readMeters(readings, page);
      last = page.length < PAGE_EVENTS ? undefined : page.at(-1)?.usageId;
    }
    const subjects = [...readings].map(([eventId, reading]) => ({ eventId, ...reading }));
    return subjects.toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1));
  }
}
