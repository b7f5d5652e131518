/**
 * What global setup started and global teardown stops: jest calls both in one process, but gives them no common
 * argument.
 */
export const running: { stop(): Promise<void> } = { stop: async () => undefined };
