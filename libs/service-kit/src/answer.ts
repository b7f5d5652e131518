/**
 * A success whose status or headers differ from what its route says; returned by a handler in place of the bare body.
 */
export class Answer<Body = unknown> {
  constructor(
    readonly body: Body,
    readonly options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {}
}
