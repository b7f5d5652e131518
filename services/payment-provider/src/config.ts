import { defineSettings, text } from '@stampede/service-kit';

/** The only reader of the simulator's environment. */
export const settings = defineSettings('payment-provider', {
  PAYMENT_PROVIDER_LEDGER: text({ why: 'file of the ledger; made when it is not there' }),
});
