import { providerApi, type StatementEntry } from '@stampede/contracts';
import type { Budget } from '@stampede/resilience';
import { Unavailable, peer, type Peer } from '@stampede/service-kit';
import type { AuditConfig } from './config';

/** The provider's books, as it tells them. */
export class ProviderClient {
  private readonly provider: Peer<typeof providerApi>;

  constructor(config: AuditConfig) {
    this.provider = peer(providerApi, {
      addresses: [config.PROVIDER_URL],
      service: config.service,
      name: 'payment-provider',
      timeoutMs: config.AUDIT_PROVIDER_TIMEOUT_MS,
      ejection: false,
      retries: false, // a statement is long: whoever asked for the audit asks again
    });
  }

  /** Every capture and refund until now. @throws unavailable */
  async statement(budget: Budget): Promise<readonly StatementEntry[]> {
    try {
      return (await this.provider.statement({}, { budget, priority: 'background' })).entries;
    } catch (error) {
      if (budget.spent) throw error;
      throw new Unavailable("the payment provider's statement cannot be read", undefined, { cause: error });
    }
  }
}
