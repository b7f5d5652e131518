import { Controller } from '@nestjs/common';
import { providerApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import { Handle, Input, NotFound } from '@stampede/service-kit';
import { KeyRefused } from './errors';
import { Ledger } from './ledger';

const route = providerApi.routes.refund;

@Controller()
export class RefundController {
  constructor(private readonly ledger: Ledger) {}

  /** Gives back once per key, and never more than was captured. */
  @Handle(route)
  refund(@Input(route) { key, captureKey, amount, currency }: InputOf<typeof route>): ReplyOf<typeof route> {
    const known = this.ledger.refund(key);
    if (known !== undefined) {
      const same = known.captureKey === captureKey && known.amount === amount && known.currency === currency;
      if (!same) throw new KeyRefused('this key belongs to another refund');
      return { key, status: 'refunded' };
    }
    const capture = this.ledger.capture(captureKey);
    if (capture?.status !== 'captured') throw new NotFound('there is no such capture');
    const left = capture.amount - this.ledger.refundedMinor(captureKey);
    if (capture.currency !== currency || amount > left)
      throw new KeyRefused(`only ${left} ${capture.currency} can be given back`);
    this.ledger.record({ kind: 'refund', key, captureKey, amount, currency, at: new Date().toISOString() });
    return { key, status: 'refunded' };
  }
}
