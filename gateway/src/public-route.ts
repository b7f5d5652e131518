import { SetMetadata, applyDecorators, type ExecutionContext } from '@nestjs/common';
import { PUBLIC_PREFIX, type PublicOperation } from '@stampede/contracts';
import { Handle } from '@stampede/service-kit';
import { routes, type RouteRow } from './routes';

const ROW = 'stampede:route-row';

/** Serves a public route; the guards find its row. */
export function Public(operation: PublicOperation): MethodDecorator {
  const row = routes[operation];
  const { route, priority } = row;
  const produces = route.mediaType === undefined ? {} : { produces: route.mediaType };
  return applyDecorators(
    Handle({ ...route, path: PUBLIC_PREFIX + route.path }, { priority, ...produces }),
    SetMetadata(ROW, row),
  );
}

/** The row of the route that is being served; undefined for what is no part of the public API. */
export function rowOf(context: ExecutionContext): RouteRow | undefined {
  return Reflect.getMetadata(ROW, context.getHandler()) as RouteRow | undefined;
}
