export { moneyMatchesOrders, oneCapturePerOrder } from './money';
export { audit, everyOrderEnded, noSeatTwice, oneOrderPerKey, ordersEnded, ticketsAtMost } from './orders';
export { recovers } from './recovery';
export { failedAttempts, failures, latency, percent, select, type CallFilter } from './requests';
