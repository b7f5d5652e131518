import { NestApplication } from '@nestjs/core';

type Load = () => Promise<void>;

/**
 * Nest loads its microservices package into every process where it is installed: 60 ms of CPU at a start, and its
 * memory, for consumers alone. So it is not loaded until a service of this process consumes events.
 */
const application = NestApplication.prototype as unknown as Record<
  'preloadLazyPackages' | 'loadMicroservicesModule',
  Load
>;
const { preloadLazyPackages, loadMicroservicesModule } = application;
Object.assign(application, { preloadLazyPackages: loadNothing, loadMicroservicesModule: loadNothing });

async function loadNothing(): Promise<void> {}

/** To be called before the application of a consumer is made; applications made later in this process load it too. */
export function allowMicroservices(): void {
  Object.assign(application, { preloadLazyPackages, loadMicroservicesModule });
}
