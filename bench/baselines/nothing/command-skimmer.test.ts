import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CommandSkimmer } from './command-skimmer.js';

function encoded(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}

test('commands are told apart wherever they are cut', () => {
  const word = fc.string({ unit: fc.constantFrom('a', '$', '*', '\r', '\n', '7'), maxLength: 20 });
  const command = fc.tuple(fc.constantFrom('GET', 'get', 'SET', 'AUTH'), fc.array(word, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(command, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (commands, cut) => {
      const seen: boolean[] = [];
      const skimmer = new CommandSkimmer((isGet) => seen.push(isGet));
      const bytes = Buffer.from(commands.map(([name, args]) => encoded([name, ...args])).join(''));
      for (let at = 0; at < bytes.length; at += cut) {
        const part = bytes.subarray(at, at + cut);
        skimmer.read(part, part.length);
      }
      expect(seen).toEqual(commands.map(([name]) => name.toUpperCase() === 'GET'));
    }),
  );
});
