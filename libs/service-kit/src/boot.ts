import 'reflect-metadata';
import { mitigated } from '@stampede/topology';
import { ConfigError, type Environment, type Variables } from './config';
import { PortTaken } from './listen';
import { liveWithProcess } from './process-life';
import { RunningService, type ServiceParts } from './running-service';
import type { ServiceConfig, Settings } from './settings';

export interface BootOptions<S extends Variables> {
  readonly settings: Settings<S>;
  /** Loads the service itself; called once its settings are known to be right. */
  readonly load: (config: ServiceConfig<S>) => Promise<ServiceParts> | ServiceParts;
  readonly env?: Environment;
}

/**
 * The whole life of a service process: settings, telemetry, probes, stores, traffic, and on SIGTERM the way back. A
 * service that cannot start says why in one line and exits 1. Several services may be booted in one process.
 */
export async function boot<S extends Variables>(options: BootOptions<S>): Promise<void> {
  try {
    const config = options.settings.load(options.env);
    const service = new RunningService(config, await options.load(config), options.settings.needs);
    const ending = mitigated('drain-before-exit', 'drain', 'at-once', config.env);
    liveWithProcess(service, { parentPipe: config.parentPipe, log: service.log, ending });
    await service.start();
    if (config.migrate === 'only') await service.stop();
  } catch (error) {
    process.stderr.write(`${options.settings.service}: ${reason(error)}\n`);
    process.exit(1);
  }
}

/** What the operator can put right gets its message alone; anything else is a bug and gets its stack. */
function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof PortTaken) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
