import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// Runs the examples of README.md and docs/*.md: blocks of `js`, `py` and `sh`, in order, in one folder per page.

const run = promisify(execFile);
const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'satchel-docs-'));
const pages = [
  'README.md',
  ...readdirSync(join(repository, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

interface Example {
  readonly language: 'js' | 'py' | 'sh';
  /** A program the example needs besides Node. */
  readonly needs: string | undefined;
  readonly code: string;
  readonly line: number;
}

function examplesOf(page: string): Example[] {
  const text = readFileSync(join(repository, page), 'utf8');
  return [...text.matchAll(/^```(js|py|sh)(?: (\S+))?\n(.*?)^```/gms)].map((match) => ({
    language: match[1] as Example['language'],
    needs: match[2] ?? (match[1] === 'py' ? 'redis-py' : undefined),
    code: match[3] as string,
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** Whichever Python has redis-py: the one on the path, or the system's. */
const pythons = ['python3', '/usr/bin/python3'];

/** The command that runs an example, or undefined where what it needs is not installed. */
async function commandFor(example: Example): Promise<string | undefined> {
  if (example.language === 'py') return firstThatRuns(pythons, ['-c', 'import redis']);
  const command = example.language === 'js' ? process.execPath : 'bash';
  return example.needs && !(await firstThatRuns([example.needs], ['--version'])) ? undefined : command;
}

async function firstThatRuns(commands: readonly string[], args: readonly string[]): Promise<string | undefined> {
  for (const command of commands) {
    const runs = await run(command, args).then(
      () => true,
      () => false,
    );
    if (runs) return command;
  }
  return undefined;
}

let up: ChildProcess;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  const ports = ['--controller-port', '0', '--base-port', '0', '--faas-port', '0', '--http-port', '0'];
  up = spawn(process.execPath, [join(repository, 'controller/cli/satchel.js'), 'up', '--json', '--shards', '2', ...ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = JSON.parse(await firstLine(up)) as { controller: string; faas: string };
  environment = {
    ...process.env,
    SATCHEL_CONTROLLER: ready.controller,
    SATCHEL_FUNCTIONS: ready.faas,
    PATH: `${join(repository, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`,
  };
  const { stdout } = await run(
    process.execPath,
    [join(repository, 'controller/cli/satchel.js'), 'job', 'register', 'docs', '--functions', '100', '--lease', '1h', '--json'],
    {
      env: environment,
    },
  );
  environment['SATCHEL_URL'] = (JSON.parse(stdout) as { url: string }).url;
});

afterAll(async () => {
  up.kill('SIGTERM');
  await new Promise((resolve) => up.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
});

describe.each(pages.filter((page) => examplesOf(page).length > 0))('%s', (page) => {
  const pageFolder = join(folder, page.replaceAll('/', '-'));
  mkdirSync(pageFolder);
  symlinkSync(join(repository, 'node_modules'), join(pageFolder, 'node_modules'));
  cpSync(join(repository, 'README.md'), join(pageFolder, 'README.md'));

  for (const example of examplesOf(page)) {
    test(`the example at line ${example.line} runs`, async ({ skip }) => {
      const command = await commandFor(example);
      if (!command) return skip(`${example.needs} is not installed`);
      const file = join(pageFolder, `line-${example.line}.${{ js: 'mjs', py: 'py', sh: 'sh' }[example.language]}`);
      writeFileSync(file, example.code);
      const args = example.language === 'sh' ? ['-euo', 'pipefail', file] : [file];
      const { stderr } = await run(command, args, { cwd: pageFolder, env: environment });
      expect(stderr).not.toContain('Error');
    });
  }
});

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('satchel up has no standard output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('satchel up ended before it was ready');
}
