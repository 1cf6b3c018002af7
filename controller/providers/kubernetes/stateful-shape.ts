import type { V1Container, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { parseBytes, parseBytesPerSecond, SatchelError } from '@satchel/proto/core';
import type { NodeShape, ProvidedNode } from '../node-provider.js';

/** The container of a pod that runs a storage node. */
const containerName = 'storage-node';
const priceAnnotation = 'satchel.dev/dollars-per-hour';
const mostAnnotation = 'satchel.dev/max-nodes';

/**
 * What a pod of a StatefulSet holds and costs: capacity from the arguments of its container `storage-node`, which are what the
 * node announces, price and limit from annotations. Throws `invalid-argument` that names what is missing or wrong.
 */
export function shapeOf(statefulSet: V1StatefulSet): NodeShape {
  const name = statefulSet.metadata?.name ?? '';
  const containers = statefulSet.spec?.template.spec?.containers ?? [];
  const container = containers.find((candidate) => candidate.name === containerName);
  if (container === undefined) throw wrong(name, `has no container named ${containerName}`);
  const read = <Value>(option: string, parse: (text: string) => Value) => readArgument(name, container, option, parse);
  const annotated = (annotation: string) => readAnnotation(statefulSet, annotation);
  return {
    name,
    shards: read('--shards', Number),
    dramBytes: read('--dram', parseBytes),
    ssdBytes: read('--ssd', parseBytes),
    throughputBytesPerSecond: read('--throughput', parseBytesPerSecond),
    dollarsPerHour: annotated(priceAnnotation),
    most: annotated(mostAnnotation),
  };
}

/** A pod as a node: its name is the one the node joins with, its StatefulSet the shape. Undefined if it belongs to none. */
export function nodeOf(pod: V1Pod): ProvidedNode | undefined {
  const node = pod.metadata?.name;
  const shape = pod.metadata?.ownerReferences?.find(({ kind }) => kind === 'StatefulSet')?.name;
  if (node === undefined || shape === undefined) return undefined;
  return { node, shape, phase: phaseOf(pod) };
}

/** The number at the end of the name of a StatefulSet's pod; -1 if it is not one of this set. */
export function ordinalOf(pod: string, statefulSet: string): number {
  const digits = pod.startsWith(`${statefulSet}-`) ? pod.slice(statefulSet.length + 1) : '';
  return /^\d+$/.test(digits) ? Number(digits) : -1;
}

/** The names of `count` pods of a StatefulSet from an ordinal on. */
export function podNames(statefulSet: string, first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${statefulSet}-${first + index}`);
}

function phaseOf({ metadata, status }: V1Pod): ProvidedNode['phase'] {
  if (metadata?.deletionTimestamp !== undefined) return 'stopping';
  if (status?.phase === 'Failed' || keepsFailing(status)) return 'failed';
  const ready = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  return status?.phase === 'Running' && ready ? 'running' : 'starting';
}

const failures: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'CreateContainerConfigError',
]);

function keepsFailing(status: V1Pod['status']): boolean {
  return status?.containerStatuses?.some(({ state }) => failures.has(state?.waiting?.reason ?? '')) ?? false;
}

function readArgument<Value>(set: string, { args = [] }: V1Container, option: string, parse: (text: string) => Value): Value {
  const at = args.findIndex((argument) => argument === option || argument.startsWith(`${option}=`));
  const text = args[at]?.startsWith(`${option}=`) ? args[at].slice(option.length + 1) : args[at + 1];
  if (at < 0 || text === undefined) throw wrong(set, `does not give its container ${containerName} the argument ${option}`);
  try {
    return parse(text);
  } catch (thrown) {
    throw wrong(set, `has the argument ${option} ${text}: ${SatchelError.from(thrown).message}`);
  }
}

function readAnnotation({ metadata }: V1StatefulSet, annotation: string): number {
  const text = metadata?.annotations?.[annotation];
  const value = Number(text);
  if (text !== undefined && text.trim() !== '' && value >= 0) return value;
  const problem = text === undefined ? `has no annotation ${annotation}` : `has the annotation ${annotation}: '${text}'`;
  throw wrong(metadata?.name ?? '', `${problem}; it is to be a number of at least 0`);
}

function wrong(statefulSet: string, problem: string): SatchelError {
  return new SatchelError('invalid-argument', `StatefulSet ${statefulSet} ${problem}`);
}
