import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkName, randomId, SatchelError } from '@satchel/proto/core';
import { type FunctionSettings, functionSettingsSchema } from './config.js';
import type { Isolation } from './isolation.js';

/** A deployed function. */
export interface DeployedFunction extends FunctionSettings {
  readonly name: string;
  /** Changes with each deployment; a sandbox serves one version. */
  readonly version: string;
  /** Folder of this version's code. */
  readonly code: string;
  readonly deployedAtMs: number;
}

/** Most bytes of a function's folder; AWS Lambda's bound for unzipped code. */
const codeBytesLimit = 250 * 1024 * 1024;

/**
 * The deployed functions, kept in `dir/functions/NAME/` so that they survive a restart. The code is copied, so that
 * later changes of the source folder change nothing. Code may import `@satchel/client` without bringing it along.
 */
export class Functions {
  readonly #dir: string;
  readonly #isolation: Isolation;
  readonly #functions = new Map<string, DeployedFunction>();

  private constructor(dir: string, isolation: Isolation) {
    this.#dir = join(dir, 'functions');
    this.#isolation = isolation;
  }

  /** Opens the folder and finds what is deployed in it. */
  static async open(dir: string, isolation: Isolation): Promise<Functions> {
    const functions = new Functions(dir, isolation);
    // Who does not know a version's name finds no code.
    await mkdir(functions.#dir, { recursive: true, mode: 0o711 });
    await linkClient(functions.#dir);
    for (const name of await readdir(functions.#dir)) {
      const text = await readFile(functions.#manifest(name), 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      const deployed = JSON.parse(text) as DeployedFunction;
      functions.#functions.set(name, deployed);
      isolation.admit(deployed.code);
    }
    return functions;
  }

  /** Deploys a folder under a name, replacing what had that name. */
  async deploy(name: string, directory: string, input: unknown): Promise<DeployedFunction> {
    checkName('function name', name);
    if (name === 'node_modules')
      throw new SatchelError('invalid-argument', `function name '${name}' is reserved; choose another`);
    const settings = parseSettings(input);
    await checkDirectory(directory);
    const version = randomId(8);
    const code = join(this.#dir, name, version);
    await mkdir(join(this.#dir, name), { recursive: true, mode: 0o711 });
    await cp(directory, code, { recursive: true, dereference: true });
    this.#isolation.admit(code);
    const deployed: DeployedFunction = { ...settings, name, version, code, deployedAtMs: Date.now() };
    // Its environment may hold secrets.
    await writeFile(`${this.#manifest(name)}.new`, JSON.stringify(deployed), { mode: 0o600 });
    await rename(`${this.#manifest(name)}.new`, this.#manifest(name));
    const previous = this.#functions.get(name);
    this.#functions.set(name, deployed);
    if (previous) await rm(previous.code, { recursive: true, force: true });
    return deployed;
  }

  /** The function of that name, or `not-found`. */
  get(name: string): DeployedFunction {
    const found = this.#functions.get(name);
    if (!found)
      throw new SatchelError(
        'not-found',
        `function '${name}' is not deployed here; deploy it with: satchel function deploy ${name} DIR`,
      );
    return found;
  }

  list(): DeployedFunction[] {
    return [...this.#functions.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Removes a function and its code; `not-found` if there is none. */
  async delete(name: string): Promise<DeployedFunction> {
    const removed = this.get(name);
    this.#functions.delete(name);
    await rm(join(this.#dir, name), { recursive: true, force: true });
    return removed;
  }

  #manifest(name: string): string {
    return join(this.#dir, name, 'function.json');
  }
}

function parseSettings(input: unknown): FunctionSettings {
  const parsed = functionSettingsSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SatchelError('invalid-argument', `function setting ${issue?.path.join('.')}: ${issue?.message}`);
}

async function checkDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory())
    throw new SatchelError('invalid-argument', `'${directory}' is not a folder on the host that runs functions`);
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
    if (bytes > codeBytesLimit)
      throw new SatchelError('too-large', `'${directory}' holds more than ${codeBytesLimit} bytes, the most a function may have`);
  }
}

/** Functions find `@satchel/client` by Node's own look-up: a link in a node_modules folder above their code. */
async function linkClient(dir: string): Promise<void> {
  const packageFolder = dirname(dirname(fileURLToPath(import.meta.resolve('@satchel/client'))));
  const link = join(dir, 'node_modules', '@satchel', 'client');
  await mkdir(dirname(link), { recursive: true });
  await rm(link, { force: true });
  await symlink(packageFolder, link, 'dir');
}
