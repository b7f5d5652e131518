import { serviceDatabaseUrl } from '@stampede/db';
import { ConfigError, defineSettings, integer, secret, url, type ConfigOf, type Settings } from '@stampede/service-kit';

/** The services whose databases publish audit views. */
export const AUDITED = ['orders', 'inventory', 'payments', 'notifications', 'billing'] as const;
export type Audited = (typeof AUDITED)[number];

/** May read schema `audit` of each database, and nothing else. */
const ROLE = 'stampede_audit';
const POSTGRES = ['postgres', 'postgresql'] as const;

function storeUrl(service: Audited) {
  const why = `the audit's way into ${service}, when it is not ${ROLE} on the server of DATABASE_URL`;
  return url({ optional: true, protocols: POSTGRES, why });
}

const declared = defineSettings('audit', {
  DATABASE_URL: url({ optional: true, protocols: POSTGRES, why: 'the server of all databases; its user is not used' }),
  AUDIT_DATABASE_PASSWORD: secret({ optional: true, why: `of the role ${ROLE}, where the server asks for one` }),
  AUDIT_ORDERS_DATABASE_URL: storeUrl('orders'),
  AUDIT_INVENTORY_DATABASE_URL: storeUrl('inventory'),
  AUDIT_PAYMENTS_DATABASE_URL: storeUrl('payments'),
  AUDIT_NOTIFICATIONS_DATABASE_URL: storeUrl('notifications'),
  AUDIT_BILLING_DATABASE_URL: storeUrl('billing'),
  PROVIDER_URL: url({ why: 'the payment provider, for its statement' }),
  AUDIT_PROVIDER_TIMEOUT_MS: integer({ min: 100, max: 25_000, default: 15_000, why: 'a statement is long' }),
  AUDIT_QUERY_TIMEOUT_MS: integer({ min: 1_000, max: 60_000, default: 30_000, why: 'one query of one database' }),
});
export type AuditConfig = ConfigOf<typeof declared>;

/** The only reader of the audit's environment. */
export const settings: Settings<typeof declared extends Settings<infer S> ? S : never> = {
  ...declared,
  load(env) {
    const config = declared.load(env);
    const complaints = AUDITED.flatMap((service) => complaintsOf(config, service));
    if (complaints.length > 0) throw new ConfigError(complaints);
    return config;
  },
};

function complaintsOf(config: AuditConfig, service: Audited): string[] {
  try {
    auditUrl(config, service);
    return [];
  } catch {
    return [`AUDIT_${service.toUpperCase()}_DATABASE_URL is missing: it or DATABASE_URL says where the audit reads`];
  }
}

/**
 * Where the audit reads a service's views: as told, or as its own role on the server where that service keeps its
 * database.
 */
export function auditUrl(config: AuditConfig, service: Audited): string {
  const own = config[`AUDIT_${service.toUpperCase() as Uppercase<Audited>}_DATABASE_URL`];
  if (own !== undefined) return own;
  const address = new URL(serviceDatabaseUrl(config.env, service));
  address.username = ROLE;
  address.password = encodeURIComponent(config.AUDIT_DATABASE_PASSWORD ?? '');
  return address.href;
}
