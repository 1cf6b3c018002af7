import { CommandArguments } from '@satchel/proto/resp';
import { expect, test } from 'vitest';
import type { Command } from './command.js';
import { CommandTable } from './command-table.js';

function named(name: string): Command {
  return { name, arity: 1, scope: 'connection', run: ({ reply }) => reply.ok() };
}

function argumentsOf(text: string): CommandArguments {
  const args = new CommandArguments();
  args.buffer = Buffer.from(text);
  args.add(0, args.buffer.length);
  return args;
}

test('commands are found in any case, and nothing else is', () => {
  const names = ['get', 'set', 'getdel', 'satchel.put', 'satchel.on'];
  const table = new CommandTable(names.map(named));
  for (const name of names) {
    for (const text of [name, name.toUpperCase(), name.replace('s', 'S')]) {
      expect(table.find(argumentsOf(text))?.command.name).toBe(name);
    }
  }
  for (const text of ['', 'ge', 'gett', 'satchel_put', 'x'.repeat(1000), 'g\u0000t']) {
    expect(table.find(argumentsOf(text))).toBe(undefined);
  }
});

test('a name that is there twice is a mistake', () => {
  expect(() => new CommandTable([named('get'), named('get')])).toThrow('command get is defined once');
});

test('calls are counted by name', () => {
  const table = new CommandTable(['get', 'set'].map(named));
  const entry = table.named('set');
  if (entry) entry.calls += 2;
  expect(table.counts()).toEqual({ set: 2 });
});
