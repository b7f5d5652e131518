import { FailureCode, type Category, type inventoryApi, type paymentsApi } from '@stampede/contracts';
import { Budget, UnknownOutcome as LostAnswer } from '@stampede/resilience';
import {
  Rejected,
  UnknownOutcome,
  notHappened,
  saga,
  step,
  type SagaDefinition,
  type StepContext,
  type StepResult,
} from '@stampede/saga';
import { DomainError, RemoteProblem, type Environment, type Peer, type PeerCall } from '@stampede/service-kit';
import { mitigated } from '@stampede/topology';
import { issueTickets } from './issue-tickets';
import type { SettleOrder } from './settle-order';

/** What an order's saga knows. The token is forgotten when the saga ends. */
export interface OrderSaga {
  readonly holdId: string;
  readonly eventId: string;
  readonly category: Category;
  readonly quantity: number;
  readonly amount: number;
  readonly currency: string;
  readonly paymentToken?: string;
  /** Money was taken and given back. */
  readonly refunded?: boolean;
}

export interface OrderPeers {
  readonly inventory: Peer<typeof inventoryApi>;
  readonly payments: Peer<typeof paymentsApi>;
}

type Context = StepContext<OrderSaga>;
type Result = StepResult<OrderSaga>;

/** One call of a peer by a step; payments may itself wait for the provider. */
const CALL_MS = 5_000;

/**
 * An order, from the accepted hold to the tickets. A compensation is stored before its step runs, so that a lost reply
 * is undone too; an
 * unknown capture is asked for, never guessed; from the tickets on it only goes forward.
 */
export function orderSaga(peers: OrderPeers, settle: SettleOrder, env: Environment): SagaDefinition<OrderSaga> {
  const { inventory, payments } = peers;
  const unlessPaid = mitigated('wait-for-provider', orUnknown, orGivenUp, env);

  const confirmHold = async ({ id, state, signal }: Context): Promise<void> => {
    await orRejected('hold_lost', inventory.confirmHold({ holdId: state.holdId, orderId: id }, callOf(signal)));
  };
  const releaseSeats = async ({ id, state, signal }: Context): Promise<void> => {
    await inventory.releaseSeats({ holdId: state.holdId, orderId: id }, callOf(signal));
  };
  const capture = async ({ id, state, attempt, signal }: Context): Promise<void> => {
    const { amount, currency, paymentToken: token = '' } = state;
    const answer = await unlessPaid(
      payments.capture({ orderId: id, attempt, amount, currency, token }, callOf(signal, false)),
    );
    if (answer.outcome === 'declined') throw declined(answer.declineCode);
    if (answer.outcome === 'never') throw new Error('this attempt is void; the next one has a key of its own');
  };
  /** Asks about every attempt so far; the next one is numbered higher, so that it is not taken for one of them. */
  const askProvider = async ({ id, attempt, signal }: Context): Promise<Result | typeof notHappened> => {
    const answer = await payments.settleCapture({ orderId: id, attempt: attempt - 1 }, callOf(signal));
    if (answer.outcome === 'declined') throw declined(answer.declineCode);
    return answer.outcome === 'captured' ? {} : notHappened;
  };
  const refund = async ({ id, signal }: Context): Promise<Result> => {
    const answer = await payments.refund({ orderId: id }, callOf(signal));
    return { state: { refunded: answer.outcome === 'refunded' } };
  };

  return saga<OrderSaga>('order', [
    step('confirm-hold', { run: confirmHold, compensate: releaseSeats }),
    step('capture', { run: capture, compensate: refund, onUnknown: askProvider }),
    step('issue-tickets', { run: issueTickets, pivot: true }),
    step('settle', { run: async ({ id }) => ({ commit: (tx) => settle.confirm(tx, id) }) }),
  ]);
}

function callOf(signal: AbortSignal, idempotent = true): PeerCall {
  return { budget: Budget.ofMs(CALL_MS, { caller: signal }), priority: 'critical', idempotent, timeoutMs: CALL_MS };
}

function declined(code: 'card_declined' | 'insufficient_funds'): Rejected {
  return new Rejected(code, code === 'card_declined' ? 'the card was declined' : 'the card has too little money');
}

/** A refusal of the domain (404, 409) is final; anything else may be tried again. */
async function orRejected<T>(code: FailureCode, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RemoteProblem && (error.status === 404 || error.status === 409))
      throw new Rejected(code, error.detail);
    throw error;
  }
}

/** For the control of a claim: whoever cannot be reached fails the order. */
async function orGivenUp<T>(call: Promise<T>): Promise<T> {
  try {
    return await orUnknown(call);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'unavailable')
      throw new Rejected('deadline_passed', 'payments cannot be reached');
    throw error;
  }
}

async function orUnknown<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LostAnswer) throw new UnknownOutcome(error.message, { cause: error });
    throw error;
  }
}
