import type { NodeShape } from '@satchel/controller/simulation';
import { SatchelError } from '@satchel/proto/core';
import type { SimulationOptions } from '../options.js';
import { type Instance, instances } from './instances.js';

/** Of an instance's memory the part for objects: AWS gives its cache.r6g.large 13.07 of 16 GiB, and so is it here. */
const memoryPart = 13.07 / 16;
/** Of NVMe the part for objects; the rest is file system and index. */
const nvmePart = 0.9;
/** What one shard, a single thread, is relied on to move. */
const shardBytesPerSecond = 500 * 2 ** 20;

/** A shape that nodes are started in, and the machine it is. */
export interface SimulatedShape extends NodeShape {
  readonly instance: Instance;
}

/** The shapes of the options; throws `invalid-argument` naming one that is not known. */
export function shapesOf({ shapes, nodes }: Pick<SimulationOptions, 'shapes' | 'nodes'>): SimulatedShape[] {
  const parts = shapes.reduce((sum, { part }) => sum + part, 0);
  return shapes.map(({ name, part }) => {
    const instance = instances.find((known) => known.name === name);
    if (instance === undefined) {
      const known = instances.map((each) => each.name).join(', ');
      throw new SatchelError('invalid-argument', `no prices of instance '${name}' are known here; of ${known} they are`);
    }
    return shapeOf(instance, Math.max(1, Math.round((nodes * part) / parts)));
  });
}

function shapeOf(instance: Instance, most: number): SimulatedShape {
  return {
    name: instance.name,
    shards: instance.virtualCpus,
    dramBytes: Math.floor(instance.memoryBytes * memoryPart),
    ssdBytes: Math.floor(instance.nvmeBytes * nvmePart),
    throughputBytesPerSecond: Math.min(instance.burstBitsPerSecond / 8, instance.virtualCpus * shardBytesPerSecond),
    dollarsPerHour: instance.dollarsPerHour,
    most,
    instance,
  };
}

/** Memory for objects of the largest fleet. */
export function fleetBytes(shapes: readonly SimulatedShape[]): number {
  return shapes.reduce((sum, { most, dramBytes }) => sum + most * dramBytes, 0);
}
