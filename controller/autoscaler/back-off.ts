/** Waits after failures grow from the first to the last of these. */
const firstMs = 1000;
const lastMs = 300_000;

/** How long to wait after so many failures in a row, at least one. */
export function backOffMs(failures: number): number {
  return Math.min(lastMs, firstMs * 2 ** Math.min(failures - 1, 30));
}
