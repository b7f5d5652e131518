export type { AdminRoute } from './admin-server';
export { Answer } from './answer';
export { noteBusy } from './busy-behind';
export { boot, type BootOptions } from './boot';
export {
  ConfigError,
  boolean,
  decimal,
  integer,
  loadConfig,
  oneOf,
  secret,
  text,
  url,
  urlList,
  type Environment,
  type ValuesOf,
  type Variable,
  type Variables,
} from './config';
export {
  DomainError,
  Forbidden,
  NotFound,
  Refused,
  RemoteProblem,
  Unauthenticated,
  Unavailable,
  ValidationFailed,
  type FieldError,
} from './errors';
export { EventStream, Events, type StreamEvent } from './event-stream';
export { giveWayHeader } from './give-way';
export { inputParser, type RawInput } from './input';
export { KeySweep } from './key-sweep';
export { isFinal, keyed, type KeyClaim, type KeyedCall, type Success } from './keyed';
export type { Log } from './nest-logger';
export { guardOf, type GuardOptions } from './peer-guard';
export { asDomainError, peer, peersOf, type Peer, type PeerCall, type PeerOptions } from './peers';
export { preferredWaitSeconds } from './prefer';
export { PROBLEM_TYPE, classify, problemOf, retryAfterSeconds, type ClassifiedError } from './problem';
export { budgetOf, limitBudget } from './request-budget';
export {
  CALLER_ID_HEADER,
  CALLER_ROLE_HEADER,
  Caller,
  Handle,
  IdempotencyKey,
  Input,
  RequestBudget,
  nestPath,
  type CallerIdentity,
  type HandleOptions,
  type RouteFacts,
  type RouteInput,
} from './routing';
export type { ServiceParts } from './running-service';
export {
  defineSettings,
  settingRows,
  type AnyConfig,
  type ConfigOf,
  type Needs,
  type ServiceConfig,
  type SettingRow,
  type Settings,
} from './settings';
export { BUS, CONFIG, DATABASE, GIVE_WAY, LOG } from './tokens';
