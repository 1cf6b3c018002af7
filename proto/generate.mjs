// Generates the types of the control API into the folder named by the first argument (default `gen`),
// with an index that re-exports them. `npm run generate` writes them; a test checks that they are fresh.
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(here, process.argv[2] ?? 'gen');
const loader = dirname(createRequire(import.meta.url).resolve('@grpc/proto-loader/package.json'));
execFileSync(
  process.execPath,
  [
    join(loader, 'build/bin/proto-loader-gen-types.js'),
    ...['--longs', 'Number', '--enums', 'String', '--defaults', '--oneofs', '--grpcLib', '@grpc/grpc-js'],
    ...['--outDir', out, '--targetFileExtension', '.ts', '--importFileExtension', '.js', 'satchel/v1/control.proto'],
  ],
  { cwd: here, stdio: 'inherit' },
);

const services = new Set(['Fleet', 'Jobs']);
const lines = readdirSync(join(out, 'satchel/v1'))
  .map((file) => file.replace(/\.ts$/, ''))
  .map((name) => {
    const names = services.has(name) ? `${name}Client, ${name}Definition, ${name}Handlers` : `${name}, ${name}__Output`;
    return `export type { ${names} } from './satchel/v1/${name}.js';`;
  });
writeFileSync(join(out, 'index.ts'), [...lines, "export type { ProtoGrpcType } from './control.js';", ''].join('\n'));
