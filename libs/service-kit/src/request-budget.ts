import { Budget } from '@stampede/resilience';
import type { FastifyRequest } from 'fastify';

export const BUDGET_HEADER = 'x-budget-ms';

/** A caller that names no budget gets what a buyer would wait for. */
const DEFAULT_BUDGET_MS = 10_000;

const budgets = new WeakMap<object, Budget>();

/** Starts the clock when the request arrives, so that time spent in queues and on reading the body counts. */
export function startBudget(request: FastifyRequest): Budget {
  const header = request.headers[BUDGET_HEADER];
  const budget = Budget.fromHeader(typeof header === 'string' ? header : undefined, DEFAULT_BUDGET_MS);
  budgets.set(request.raw, budget);
  return budget;
}

/** The budget of a request; one that no hook has seen gets a fresh one. */
export function budgetOf(request: FastifyRequest): Budget {
  return budgets.get(request.raw) ?? startBudget(request);
}
