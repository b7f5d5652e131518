import { Controller } from '@nestjs/common';
import { inventoryApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import { Handle, Input } from '@stampede/service-kit';
import { HoldKeys } from './hold-keys';

const { claimHoldKey, settleHoldKey } = inventoryApi.routes;

@Controller()
export class HoldKeysController {
  constructor(private readonly keys: HoldKeys) {}

  @Handle(claimHoldKey, { priority: 'critical' })
  async claim(
    @Input(claimHoldKey) { buyerId, key, request }: InputOf<typeof claimHoldKey>,
  ): Promise<ReplyOf<typeof claimHoldKey>> {
    const claim = await this.keys.claim(buyerId, key, request);
    return claim.kind === 'replay' ? claim : { kind: 'claim', claimId: HoldKeys.pass(claim) };
  }

  @Handle(settleHoldKey, { priority: 'critical' })
  async settle(@Input(settleHoldKey) { buyerId, key, claimId, answer }: InputOf<typeof settleHoldKey>): Promise<void> {
    const claim = this.keys.resume(buyerId, key, claimId);
    if (answer === undefined) await claim.release();
    else await claim.store(storedAnswer(answer));
  }
}

function storedAnswer({ status, body, location }: NonNullable<InputOf<typeof settleHoldKey>['answer']>) {
  return { status, body, ...(location === undefined ? {} : { location }) };
}
