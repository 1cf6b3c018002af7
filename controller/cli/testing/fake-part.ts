import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A part in place of the real ones: prints a ready line made from its options, appends what happens to `journal`, and
 * stops on SIGTERM or when its standard input ends. FAKE_TROUBLE makes it misbehave.
 */
const script = `
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
const given = process.argv.slice(2);
const option = (name) => given.includes('--' + name) ? given[given.indexOf('--' + name) + 1] : undefined;
const name = given.includes('--id') ? option('id') : given.includes('--state') ? 'controller' : 'functions';
const journal = (what) => appendFileSync(process.env.FAKE_JOURNAL, name + ' ' + what + '\\n');
const trouble = process.env.FAKE_TROUBLE ?? '';
journal('start ' + given.join(' '));
if (trouble === name + ' fails') { process.stderr.write('{"level":60,"msg":"no luck today"}\\n'); process.exit(3); }
const server = createServer().listen(Number(option('port') ?? option('base-port')), '127.0.0.1', () => {
  const at = '127.0.0.1:' + server.address().port;
  const ready = {
    controller: { controller: at, http: '127.0.0.1:7401' },
    functions: { faas: at, sockets: process.env.SATCHEL_SOCKET_DIR },
  }[name] ?? { id: name, address: at, socket: option('socket-dir') + '/x.sock', http: '127.0.0.1:7480' };
  if (trouble !== name + ' is mute') process.stdout.write(JSON.stringify(ready) + '\\n');
  if (trouble === name + ' leaves') setTimeout(() => { process.stdout.write('{"left":true}\\n'); process.exit(0); }, 20);
  if (trouble === name + ' ends') setTimeout(() => process.exit(0), 20);
  if (trouble === name + ' dies') setTimeout(() => process.exit(7), 20);
});
const stop = (why) => { journal('stop ' + why); process.exit(0); };
process.on('SIGTERM', () => trouble === name + ' hangs' ? journal('hangs') : stop('SIGTERM'));
process.stdin.on('end', () => stop('stdin')).resume();
`;

/** A temporary folder with the fake part's script and its journal. */
export class FakeParts {
  readonly dir = realpathSync(mkdtempSync(join(tmpdir(), 'satchel-fake-')));
  readonly main = join(this.dir, 'code', 'part.mjs');
  readonly journal = join(this.dir, 'journal');
  readonly mains = { controller: this.main, node: this.main, functions: this.main };

  constructor() {
    mkdirSync(join(this.dir, 'code'));
    writeFileSync(this.main, script);
    writeFileSync(this.journal, '');
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
