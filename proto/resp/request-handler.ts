import type { SatchelError } from '../core/index.js';
import type { ArgumentSink, CommandArguments } from './command-arguments.js';

/** What a a RequestParser calls back. */
export interface RequestHandler {
  /** One command; `args` is reused and points into the input: valid until the call returns. False: pause. */
  onCommand(args: CommandArguments): boolean;
  /**
   * A large argument of a command is about to arrive, `argumentsLeft` with it; `args` are those before. What it returns takes the argument's
   * bytes, and is `args.sink` of the command; it is aborted unless the command takes it over. Undefined: the argument is gathered.
   */
  onLargeArgument?(args: CommandArguments, length: number, argumentsLeft: number): ArgumentSink | undefined;
  /** A command that was read over and not kept because an argument exceeds the value limit. False: pause. */
  onOversize(error: SatchelError): boolean;
  /** The input is not RESP or exceeds what a connection may send; nothing more will be parsed. */
  onMalformed(error: SatchelError): void;
}
