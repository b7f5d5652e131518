import { Module } from '@nestjs/common';
import type { ServiceParts } from '@stampede/service-kit';
import { AuditController } from './audit.controller';
import { Auditor } from './auditor.service';

@Module({ controllers: [AuditController], providers: [Auditor] })
export class AuditModule {}

export const parts: ServiceParts = { module: AuditModule };
