import { SatchelError } from '@satchel/proto/core';
import type { Command } from '../command.js';

/** A part of a command that is named by its first argument; the arity counts both names. */
export interface Subcommand {
  readonly arity: number;
  readonly run: Command['run'];
}

/** Runs the subcommand that argument 1 names, in any case. */
export function subcommands(command: string, parts: Readonly<Record<string, Subcommand>>): Command['run'] {
  const byName = new Map(Object.entries(parts));
  return (context) => {
    const name = context.args.text(1);
    const part = byName.get(name.toLowerCase());
    if (part === undefined) {
      throw new SatchelError(
        'invalid-argument',
        `unknown subcommand '${name}' of '${command}'; known: ${[...byName.keys()].join(', ')}`,
      );
    }
    const { count } = context.args;
    if (part.arity > 0 ? count !== part.arity : count < -part.arity) {
      throw new SatchelError('invalid-argument', `wrong number of arguments for '${command}|${name.toLowerCase()}' command`);
    }
    return part.run(context);
  };
}
