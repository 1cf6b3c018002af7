import { run } from './program.js';

// A reader that goes away early (`satchel ls | head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const code = await run(process.argv.slice(2), process);
// Whatever is still open, such as a parent's pipe, is of no use any more; what was written must get out first.
process.stdout.write('', () => process.exit(code));
