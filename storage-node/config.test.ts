import { describe, expect, test } from 'vitest';
import { defaultDramBytes, defaultShardThroughputBytes, defaultSsdBytes, parseNodeOptions } from './config.js';

const GiB = 2 ** 30;

describe('options of a storage node', () => {
  test('come out complete', () => {
    expect(
      parseNodeOptions(['--controller', 'c:1', '--dir', '/tmp/n', '--shards', '2', '--dram', '64MiB', '--ssd', '1GiB']),
    ).toEqual({
      controller: 'c:1',
      id: undefined,
      dir: '/tmp/n',
      shards: 2,
      dramBytes: 64 * 2 ** 20,
      ssdBytes: GiB,
      object: 'file:/tmp/n/objects',
      basePort: 7500,
      httpPort: 7480,
      advertise: '127.0.0.1',
      listen: '127.0.0.1',
      socketDir: '/tmp/n/sockets',
      throughputBytesPerSecond: 2 * defaultShardThroughputBytes,
      spinMs: 0.2,
      withParent: false,
      stayWhenLeft: false,
    });
  });

  test('listen on all addresses if another host is to reach the node', () => {
    expect(parseNodeOptions(['--advertise', 'node-7.example']).listen).toBe('0.0.0.0');
  });

  test('size a node to its machine', () => {
    expect([defaultDramBytes(24 * GiB), defaultDramBytes(GiB)]).toEqual([GiB, GiB / 2]);
    expect([defaultSsdBytes(100 * GiB), defaultSsdBytes(4 * GiB)]).toEqual([8 * GiB, 2 * GiB]);
  });

  test('that are wrong are named', () => {
    expect(() => parseNodeOptions(['--id', 'no spaces'])).toThrow("node id 'no spaces'");
    expect(() => parseNodeOptions(['--socket-dir', `/tmp/${'long/'.repeat(20)}`])).toThrow('too long for Unix sockets');
  });
});
