import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));
const exclude = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  root,
  resolve: { conditions: ['satchel-source'] },
  ssr: { resolve: { conditions: ['satchel-source'] } },
  test: {
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'unit', include: ['**/*.test.ts'], exclude, testTimeout: 20_000, maxWorkers: '100%' } },
      {
        extends: true,
        // Real processes from the compiled code; after the unit tests. They wait more than they compute: two files at a time fill two cores.
        test: {
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          name: 'e2e',
          include: ['**/*.e2e.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
