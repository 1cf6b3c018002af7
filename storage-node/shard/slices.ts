/** How long a long command may work before it lets others in. */
const sliceMs = 1;

/**
 * Runs `step` until it returns true, at most about 1 ms per turn of the event loop. Returns nothing if that was enough at
 * once, else a promise; what `step` throws is thrown or rejects.
 */
export function inSlices(step: () => boolean): void | Promise<void> {
  if (runSlice(step)) return;
  return new Promise((resolve, reject) => {
    const go = () => {
      try {
        if (runSlice(step)) resolve();
        else setImmediate(go);
      } catch (error) {
        reject(error);
      }
    };
    setImmediate(go);
  });
}

function runSlice(step: () => boolean): boolean {
  const endMs = performance.now() + sliceMs;
  do {
    if (step()) return true;
  } while (performance.now() < endMs);
  return false;
}
