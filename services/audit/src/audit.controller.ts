import { Controller } from '@nestjs/common';
import { auditApi, type AuditReport, type InputOf } from '@stampede/contracts';
import { Handle, Input } from '@stampede/service-kit';
import { Auditor } from './auditor.service';

const route = auditApi.routes.audit;

@Controller()
export class AuditController {
  constructor(private readonly auditor: Auditor) {}

  @Handle(route, { priority: 'background' })
  audit(@Input(route) _nothing: InputOf<typeof route>): Promise<AuditReport> {
    return this.auditor.report();
  }
}
