import { Controller } from '@nestjs/common';
import { providerApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import { Handle, Input, NotFound } from '@stampede/service-kit';
import { answerOf } from './capture.controller';
import { Ledger } from './ledger';

const route = providerApi.routes.readCapture;

@Controller()
export class ReadCaptureController {
  constructor(private readonly ledger: Ledger) {}

  /** 404 is final: the key is refused from then on, so that nobody can be told "never" and charged later. */
  @Handle(route)
  read(@Input(route) { key }: InputOf<typeof route>): ReplyOf<typeof route> {
    const capture = this.ledger.capture(key);
    if (capture !== undefined) return answerOf(capture);
    if (!this.ledger.isRefused(key)) this.ledger.record({ kind: 'refused', key, at: new Date().toISOString() });
    throw new NotFound('never captured, and this key is refused from now on');
  }
}
