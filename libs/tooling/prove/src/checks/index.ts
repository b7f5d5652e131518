export { asQuickAsBefore, metersMatchOrders, putAside, soldOutWhenGone } from './effects';
export { deadLetters, outboxDrains } from './events';
export { databaseLoad } from './load';
export { moneyMatchesOrders, oneCapturePerOrder } from './money';
export { audit, everyOrderEnded, noSeatTwice, oneOrderPerKey, ordersEnded, ticketsAtMost } from './orders';
export { capacityInRange, goodput, refusalCost, retryAfterGiven, type GoodputOptions } from './overload';
export { pagesSay } from './pages';
export { quickAgain, recovers, type BackOptions } from './recovery';
export { failedAttempts, failures, latency, percent, samplesFor, select, type CallFilter } from './requests';
