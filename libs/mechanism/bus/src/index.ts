export { openBus, type BusOptions } from './open-bus';
export type { Bus, Delivery, SubscribeOptions, Subscription } from './port';
export { deadLetterTopic, deadLetterType, type DeadLetter } from './envelope';
export { busChannel, type BusNotice } from './diagnostics';
