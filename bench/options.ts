import { parseBytes, SatchelError } from '@satchel/proto/core';
import { type Command, InvalidArgumentError } from 'commander';
import type { ClusterOptions } from './cluster.js';

/** Options of every benchmark that measures in rounds. */
export interface RoundsOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly rounds: number;
}

/** Options of where a benchmark runs. */
export interface PlaceOptions extends ClusterOptions {
  readonly controller?: string;
}

/** Adds the options of rounds and reports. */
export function withRounds(command: Command): Command {
  return command
    .option('--rounds <n>', 'rounds, of which medians are taken', whole, 5)
    .option('--out <file>', 'write what was found to this file, as JSON')
    .option('--json', 'print it as one JSON document');
}

/** Adds the options of a cluster of its own, by default one node. */
export function withOwnCluster(command: Command, defaults: { readonly dram: string; readonly ssd?: string }): Command {
  return command
    .option('--nodes <n>', 'storage nodes of its own cluster', whole, 1)
    .option('--shards <n>', 'shards of each node', whole, 1)
    .option('--dram <size>', 'memory of each node', size, defaults.dram)
    .option('--ssd <size>', 'disk of each node', size, defaults.ssd ?? '8GiB')
    .option('--object <uri>', 'object store: file:DIR or s3://BUCKET?endpoint=URL&region=R');
}

/** Adds the choice of a cluster that is there. */
export function withController(command: Command): Command {
  return command.option(
    '--controller <host:port>',
    'run on this cluster instead of one of its own',
    process.env['SATCHEL_CONTROLLER'],
  );
}

/** The choice of shared memory. */
export interface LocalOptions {
  readonly local?: boolean;
}

/** Where shared memory is measured shards poll it, so long after its last use that nothing here takes longer between two uses. */
const localSpinMs = '10';

/** Adds the choice of shared memory; with `local`, its own cluster's shards poll it. */
export function withLocal(command: Command, what: string): Command {
  return command
    .option('--local', what)
    .option(
      '--spin <ms>',
      `shards of its own cluster poll shared memory so long after its last use (with --local: ${localSpinMs})`,
      spin,
    );
}

function spin(text: string): string {
  if (text.trim() !== '' && Number(text) >= 0) return text;
  throw new InvalidArgumentError('It must be a number of milliseconds, at least 0.');
}

/** The part of the options that a cluster is started with. */
export function clusterOf({ nodes, shards, dram, ssd, object, local, ...given }: ClusterOptions & LocalOptions): ClusterOptions {
  return { nodes, shards, dram, ssd, object, spin: given.spin ?? (local ? localSpinMs : undefined) };
}

/** Reads a size, kept as it was written. */
export function size(text: string): string {
  bytes(text);
  return text;
}

/** Reads a size as bytes. */
export function bytes(text: string): number {
  try {
    return parseBytes(text);
  } catch (error) {
    throw new InvalidArgumentError(`${SatchelError.from(error).message}.`);
  }
}

/** Reads a whole number of at least `least`. */
export function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}

/** Reads a whole number of at least 1. */
export const whole = wholeFrom(1);

/** Reads a number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Reads a list with commas between the elements, each as `element` does. */
export function listOf<Element>(element: (text: string) => Element): (text: string) => Element[] {
  return (text) => text.split(',').map((part) => element(part.trim()));
}

/** Reads one of these names. */
export function oneOf<Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const name = names.find((known) => known === text);
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`'${text}' is not one of ${names.join(', ')}.`);
  };
}
