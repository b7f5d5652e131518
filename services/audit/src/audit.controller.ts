import { Controller } from '@nestjs/common';
import { auditApi, type AuditReport } from '@stampede/contracts';
import { Handle } from '@stampede/service-kit';
import { Auditor } from './auditor.service';

@Controller()
export class AuditController {
  constructor(private readonly auditor: Auditor) {}

  @Handle(auditApi.routes.audit, { priority: 'background' })
  audit(): Promise<AuditReport> {
    return this.auditor.report();
  }
}
