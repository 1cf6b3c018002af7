import { Socket } from 'node:net';
import { lifelineDescriptor } from './sandbox-messages.js';

// Runs in a thread of its own, so that a function in a busy loop goes too when the process that started it is gone.
new Socket({ fd: lifelineDescriptor, readable: true, writable: false })
  .on('error', () => process.kill(process.pid, 'SIGKILL'))
  .on('close', () => process.kill(process.pid, 'SIGKILL'))
  .resume();
