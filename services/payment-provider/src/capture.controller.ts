import { Controller, Req } from '@nestjs/common';
import { providerApi, type InputOf, type ReplyOf } from '@stampede/contracts';
import { Handle, Input, Refused } from '@stampede/service-kit';
import type { FastifyRequest } from 'fastify';
import { setTimeout as delay } from 'node:timers/promises';
import { cardOf } from './card';
import { KeyRefused } from './errors';
import { Ledger, type CaptureRecord } from './ledger';

const route = providerApi.routes.capture;
type Order = InputOf<typeof route>;

@Controller()
export class CaptureController {
  /** Keys of `tok_error_once` that had their error. A restart forgets them, and they have it again. */
  private readonly failedOnce = new Set<string>();

  constructor(private readonly ledger: Ledger) {}

  /** Captures once per key; a repeat gets the first answer. */
  @Handle(route)
  async capture(@Input(route) order: Order, @Req() request: FastifyRequest): Promise<ReplyOf<typeof route>> {
    const card = cardOf(order.token);
    if (this.ledger.isRefused(order.key)) throw new KeyRefused('this key was answered as never captured');
    if (
      card.failFirstCall === true &&
      !this.failedOnce.has(order.key) &&
      this.ledger.capture(order.key) === undefined
    ) {
      this.failedOnce.add(order.key);
      throw new Refused('internal', 'the provider failed; nothing was captured');
    }
    const known = this.ledger.capture(order.key);
    const capture = known ?? this.take(order);
    if (capture.amount !== order.amount || capture.currency !== order.currency)
      throw new KeyRefused('this key has another amount');
    if (known === undefined && card.answerDelayMs !== undefined)
      await delay(card.answerDelayMs, undefined, { ref: false });
    if (card.loseAnswer === true) request.raw.socket.destroy();
    return answerOf(capture);
  }

  private take({ key, amount, currency, token }: Order): CaptureRecord {
    const { declineCode } = cardOf(token);
    const at = new Date().toISOString();
    const capture: CaptureRecord =
      declineCode === undefined
        ? { kind: 'capture', status: 'captured', key, amount, currency, token, at }
        : { kind: 'capture', status: 'declined', key, amount, currency, token, declineCode, at };
    this.ledger.record(capture);
    return capture;
  }
}

/** A capture as the provider tells of it. */
export function answerOf({ key, status, amount, currency, declineCode }: CaptureRecord): ReplyOf<typeof route> {
  return { key, status, amount, currency, ...(declineCode === undefined ? {} : { declineCode }) };
}
