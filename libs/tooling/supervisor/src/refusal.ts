/** Why the shop cannot start or go on, as one line that says what to do. The command line prints it without a stack. */
export class Refusal extends Error {
  constructor(line: string, options?: ErrorOptions) {
    super(line, options);
    this.name = 'Refusal';
  }
}
