import { z } from 'zod';
import { Instant } from './primitives';
import { api, route } from './route';

export const InvariantId = z.enum(['C1', 'C2', 'C3', 'C4', 'C5']);
export type InvariantId = z.output<typeof InvariantId>;

export const Violation = z
  .object({ subject: z.string(), expected: z.string(), actual: z.string() })
  .meta({ id: 'Violation' });
export type Violation = z.output<typeof Violation>;

export const Invariant = z
  .object({ id: InvariantId, holds: z.boolean(), checked: z.int(), inFlight: z.int(), violations: z.array(Violation) })
  .meta({ id: 'Invariant' });
export type Invariant = z.output<typeof Invariant>;

export const AuditReport = z.object({ checkedAt: Instant, invariants: z.array(Invariant) }).meta({ id: 'AuditReport' });
export type AuditReport = z.output<typeof AuditReport>;

export const auditApi = api('audit', {
  audit: route({ method: 'GET', path: '/audit', reply: AuditReport, status: 200, codes: ['unavailable'] }),
});
