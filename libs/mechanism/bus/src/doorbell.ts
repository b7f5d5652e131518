/** Wakes one sleeper per ring. A ring that finds nobody asleep is remembered once, so that no work is missed. */
export class Doorbell {
  private readonly sleepers: (() => void)[] = [];
  private rung = false;

  ring(): void {
    const wake = this.sleepers.shift();
    if (wake) wake();
    else this.rung = true;
  }

  ringAll(): void {
    for (const wake of this.sleepers.splice(0)) wake();
  }

  /** Resolves at the next ring, or at once if one was missed. */
  answer(): Promise<void> {
    if (this.rung) {
      this.rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.sleepers.push(resolve));
  }
}
