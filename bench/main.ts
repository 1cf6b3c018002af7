import { SatchelError } from '@satchel/proto/core';
import { createProgram } from './program.js';

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${SatchelError.from(error).message}\n`);
    process.exitCode = 1;
  });
