import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const writes = 300;
/** As much as a small transaction writes. */
const bytes = 8192;

/** Time that the file system of the controller's state takes for a small write to be on the disk, which every registration waits for. */
export function diskSync(): { readonly p50Ms: number; readonly p99Ms: number } {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-sync-'));
  const file = openSync(join(folder, 'file'), 'w');
  try {
    const block = Buffer.alloc(bytes, 1);
    const took = Array.from({ length: writes }, (_, index) => {
      writeSync(file, block, 0, bytes, (index % 16) * bytes);
      const startedMs = performance.now();
      fdatasyncSync(file);
      return performance.now() - startedMs;
    });
    took.sort((a, b) => a - b);
    return { p50Ms: took[writes / 2] ?? 0, p99Ms: took[Math.floor(writes * 0.99)] ?? 0 };
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}
