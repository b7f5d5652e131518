export interface ServerSentEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** The events of a stream as they come; comments only prove that it lives. `onBytes` is called for every piece
 *  that arrives.
 *  EventSource would do this, but cannot send the bearer header.
 *  @see WHATWG HTML, 9.2.6 Interpreting an event stream. Differs: `retry` is ignored, the caller has its own waits. */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  let fields = { event: 'message', id: undefined as string | undefined, data: [] as string[] };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      pending += decoder.decode(value, { stream: true });
      const lines = pending.split(/\r\n|\n|\r(?!$)/);
      pending = lines.pop() ?? '';
      for (const line of lines) {
        if (line !== '') {
          takeField(fields, line);
        } else if (fields.data.length > 0) {
          yield { event: fields.event, id: fields.id, data: fields.data.join('\n') };
          fields = { event: 'message', id: fields.id, data: [] };
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // already broken: nothing is left to give back
  }
}

function takeField(fields: { event: string; id: string | undefined; data: string[] }, line: string): void {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'event') fields.event = value;
  else if (name === 'id') fields.id = value;
  else if (name === 'data') fields.data.push(value);
}
