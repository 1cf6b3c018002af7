import { exitCode } from './exit-code.js';
import { run } from './program.js';

// A reader that goes away early (`satchel ls | head`) is no failure of ours; a full disk under our output is.
let unwritten: Error | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') unwritten ??= error;
  });
}

const code = await run(process.argv.slice(2), process);
// Whatever is still open, such as a parent's pipe, is of no use any more; what was written must get out, or fail, first.
process.stdout.write('', () => setImmediate(end));

function end(): void {
  if (unwritten === undefined || code !== exitCode.done) process.exit(code);
  process.stderr.write(`satchel: the result cannot be written: ${unwritten.message}\n`, () => process.exit(exitCode.failed));
}
