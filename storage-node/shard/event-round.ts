/**
 * A round of the event loop, as the shards of a process share it: sockets have their turn, then what was answered is sent, and only then long
 * work goes on. In the order in which immediates come by themselves work that was put off would come before the answers given meanwhile.
 */
let sends: (() => void)[] = [];
let spareSends: (() => void)[] = [];
let works: (() => void)[] = [];
let spareWorks: (() => void)[] = [];
let scheduled = false;

/** Calls back once at the end of this round, before work goes on. */
export function sendAtRoundEnd(send: () => void): void {
  sends.push(send);
  schedule();
}

/** Calls back once after sockets had their turn and what they were answered was sent. */
export function goOnNextRound(work: () => void): void {
  works.push(work);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(endRound);
}

function endRound(): void {
  scheduled = false;
  const sending = sends;
  const working = works;
  sends = spareSends;
  works = spareWorks;
  for (let index = 0; index < sending.length; index++) (sending[index] as () => void)();
  for (let index = 0; index < working.length; index++) (working[index] as () => void)();
  sending.length = 0;
  working.length = 0;
  spareSends = sending;
  spareWorks = working;
}
