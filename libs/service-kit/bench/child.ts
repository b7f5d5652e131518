/**
 * Tells the parent where the server listens, and afterwards, each time it is asked, how much CPU it has used
 * (microseconds).
 */
export function serveBench(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuUs: user + system, user, system });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port });
}
