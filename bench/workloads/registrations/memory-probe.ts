/** Loaded before a program started with `--expose-gc`: on SIGUSR2 it says on standard error what it holds after a collection. */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ memoryProbe: { heapUsed, rss } })}\n`);
});
