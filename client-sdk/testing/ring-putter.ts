import { connect } from '../store.js';

/** Puts large values of one byte each, until it is killed. */
const store = connect(process.argv[2]);
for (let count = 0; ; count++) {
  await store.put(`large/${count % 4}`, Buffer.alloc(4 << 20, count));
  if (count === 3) process.send?.('putting');
}
