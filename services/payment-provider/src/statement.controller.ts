import { Controller } from '@nestjs/common';
import { providerApi, type ReplyOf } from '@stampede/contracts';
import { Handle } from '@stampede/service-kit';
import { Ledger } from './ledger';

const route = providerApi.routes.statement;

@Controller()
export class StatementController {
  constructor(private readonly ledger: Ledger) {}

  @Handle(route, { priority: 'background' })
  statement(): ReplyOf<typeof route> {
    return { entries: this.ledger.statement() };
  }
}
