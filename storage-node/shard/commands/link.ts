import { SatchelError } from '@satchel/proto/core';
import type { Command, CommandContext } from '../command.js';
import { isConnectionSession } from '../session.js';
import type { ShardEnvironment } from '../shard-environment.js';

/** Commands between shards. SATCHEL.ON itself is dispatch's; here it is refused to those who are no shard. */
export function linkCommands(environment: ShardEnvironment): readonly Command[] {
  const scope = 'connection';
  return [
    {
      name: 'satchel.link',
      arity: 2,
      scope,
      unauthenticated: true,
      flags: ['admin'],
      run: (context) => link(context, environment),
    },
    { name: 'satchel.on', arity: -3, scope, flags: ['admin'], run: notALink },
    { name: 'satchel.admit', arity: 3, scope, flags: ['admin'], run: (context) => admit(context, environment) },
  ];
}

async function link(context: CommandContext, environment: ShardEnvironment): Promise<void> {
  const { session, args } = context;
  if (!isConnectionSession(session) || session.mode === 'endpoint') {
    throw new SatchelError('permission-denied', 'links between shards use the direct port');
  }
  await environment.verifyLink(args.text(1));
  session.mode = 'link';
  session.version = 3;
  session.trusted();
  context.reply.version = 3;
  context.reply.ok();
}

/** The token is verified before commands that follow on the link are run. */
async function admit(context: CommandContext, environment: ShardEnvironment): Promise<void> {
  if (context.session.mode !== 'link') return notALink();
  await environment.admit(context.args.text(1), context.args.text(2));
  context.reply.ok();
}

function notALink(): never {
  throw new SatchelError('permission-denied', 'this command is only for links between shards');
}
