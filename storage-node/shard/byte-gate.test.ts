import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteGate } from './byte-gate.js';

test('no more bytes are inside than allowed, unless one alone is larger, and all come in, in order', async () => {
  const step = fc.oneof(fc.record({ enter: fc.nat(60) }), fc.record({ leave: fc.nat(9) }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const gate = new ByteGate(50);
      const inside: { readonly number: number; readonly bytes: number }[] = [];
      let asked = 0;
      let entered = 0;
      const enter = (number: number, bytes: number) => {
        expect(number).toBe(entered++);
        inside.push({ number, bytes });
      };
      const leave = async (index: number) => {
        const [gone] = inside.splice(index % inside.length, 1);
        if (gone !== undefined) gate.leave(gone.bytes);
        await Promise.resolve();
      };
      for (const one of steps) {
        if ('enter' in one) {
          const number = asked++;
          const waiting = gate.enter(one.enter);
          if (waiting === undefined) enter(number, one.enter);
          else void waiting.then(() => enter(number, one.enter));
        } else if (inside.length > 0) await leave(one.leave);
        const bytes = inside.reduce((sum, { bytes: held }) => sum + held, 0);
        expect(bytes <= 50 || inside.filter(({ bytes: held }) => held > 0).length === 1).toBe(true);
        expect(gate.crowded).toBe(entered < asked);
      }
      while (inside.length > 0) await leave(0);
      expect(entered).toBe(asked);
    }),
  );
});
