import { Budget, budgetHeader } from '@stampede/resilience';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A caller that names no budget gets what a buyer would wait for. */
const DEFAULT_BUDGET_MS = 10_000;

const BUDGET = Symbol('budget');
type Budgeted = FastifyRequest & { [BUDGET]?: Budget | undefined };

/** Makes room for the budget in every request, so that all have one shape. */
export function holdBudgets(server: FastifyInstance): void {
  server.decorateRequest(BUDGET, undefined);
}

/** Starts the clock when the request arrives, so that time spent in queues and on reading the body counts. */
export function startBudget(request: FastifyRequest): Budget {
  const budget = Budget.fromHeader(request.headers[budgetHeader], DEFAULT_BUDGET_MS);
  (request as Budgeted)[BUDGET] = budget;
  return budget;
}

/** The budget of a request; one that no hook has seen gets a fresh one. */
export function budgetOf(request: FastifyRequest): Budget {
  return (request as Budgeted)[BUDGET] ?? startBudget(request);
}

/** Gives a request no more than `mostMs` from now, whatever it asked for. */
export function limitBudget(request: FastifyRequest, mostMs: number): Budget {
  const budget = Budget.ofMs(budgetOf(request).remainingMs({ atMost: mostMs }));
  (request as Budgeted)[BUDGET] = budget;
  return budget;
}
