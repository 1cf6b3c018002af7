import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import type { ProtoGrpcType } from '../gen/index.js';
import { encodePlainly } from './encoding.js';

/** The services and messages of satchel.v1. */
export type Schema = ProtoGrpcType['satchel']['v1'];

let loaded: Schema | undefined;

/** Loads the control API's schema, once per process. Decoded messages carry every field but unset hints. */
export function loadSchema(): Schema {
  loaded ??= load();
  return loaded;
}

function load(): Schema {
  const definition = loadSync(schemaFile(), { longs: Number, enums: String, defaults: true, oneofs: true });
  const root = protobuf.loadSync(schemaFile());
  root.resolveAll();
  encodePlainly(definition, root);
  return (loadPackageDefinition(definition) as unknown as ProtoGrpcType).satchel.v1;
}

/** The schema lies beside the sources; compiled code is one folder deeper. */
function schemaFile(): string {
  const beside = fileURLToPath(new URL('../satchel/v1/control.proto', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../satchel/v1/control.proto', import.meta.url));
}
