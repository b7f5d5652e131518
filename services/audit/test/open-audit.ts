import type { AuditReport, InvariantId, Violation } from '@stampede/contracts';
import { openService, type RunningService } from '@stampede/service-kit/testing';
import { sql } from 'kysely';
import request from 'supertest';
import { parts } from '../src/audit.module';
import { AUDITED, settings } from '../src/config';
import { PlantedShop } from './planted-shop';

const PASSWORD = 'for the role of the audit in tests';

/** The role is one for all databases of the server: another test file may be setting the same password just now. */
const SET_PASSWORD = sql.raw(`DO $$ BEGIN ALTER ROLE stampede_audit PASSWORD '${PASSWORD}';
  EXCEPTION WHEN internal_error THEN NULL; END $$`);

/** The audit of a planted shop, as its own role and over HTTP. */
export class OpenAudit {
  private constructor(
    readonly shop: PlantedShop,
    readonly service: RunningService,
  ) {}

  static async open(): Promise<OpenAudit> {
    const shop = await PlantedShop.open();
    await shop.run('orders', SET_PASSWORD);
    return new OpenAudit(shop, await openAudit(shop));
  }

  async close(): Promise<void> {
    await this.service.stop();
    await this.shop.close();
  }

  async report(): Promise<AuditReport> {
    return (await request(this.service.url).get('/audit').expect(200)).body as AuditReport;
  }

  /** What does not hold, and why. */
  async violations(): Promise<Partial<Record<InvariantId, Violation[]>>> {
    const { invariants } = await this.report();
    for (const { holds, violations } of invariants) expect(holds).toBe(violations.length === 0);
    return Object.fromEntries(invariants.filter(({ holds }) => !holds).map(({ id, violations }) => [id, violations]));
  }

  async counts(): Promise<Record<string, [checked: number, inFlight: number]>> {
    const { invariants } = await this.report();
    return Object.fromEntries(invariants.map(({ id, checked, inFlight }) => [id, [checked, inFlight]]));
  }

  /** One order of each end, as a shop at rest has them. */
  async plantEveryEnd(): Promise<void> {
    for (const status of ['confirmed', 'declined', 'cancelled', 'refunded'] as const) await this.shop.order({ status });
    await this.shop.order({ status: 'confirmed', attempt: 3, currency: 'CAD', quantity: 1 });
    await this.shop.order({ status: 'refunded', attempt: 2, currency: 'MXN' });
  }
}

/** One more audit of the same shop. Stop it. */
export function openAudit(shop: PlantedShop, env: Record<string, string> = {}): Promise<RunningService> {
  return openService({ settings, load: () => parts, env: { ...environmentOf(shop), ...env } });
}

/** What the audit of the shop is told. */
export function environmentOf(shop: PlantedShop): Record<string, string> {
  const stores = AUDITED.map((service) => [`${service.toUpperCase()}_DATABASE_URL`, shop.stores[service].url]);
  return { ...Object.fromEntries(stores), PROVIDER_URL: shop.provider.url, AUDIT_DATABASE_PASSWORD: PASSWORD };
}
