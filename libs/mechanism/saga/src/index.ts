import { join } from 'node:path';

/** Directory for `migrate`. */
export const sagaMigration = join(__dirname, '../migrations');

export type { Backoff } from './backoff';
export {
  type Failure,
  Rejected,
  type SagaDefinition,
  type Step,
  type StepContext,
  type StepResult,
  type StepVerbs,
  UnknownOutcome,
  notHappened,
  saga,
  step,
} from './definition';
export type { SagaMessage } from './events';
export type { FinishedSaga, SagaMove, SagaRunnerOptions } from './options';
export { SagaRunner } from './runner';
