import { expect, test } from 'vitest';
import { runCli, TestProcess } from './testing/run-cli.js';

test.each([
  [''],
  ['nope'],
  ['job'],
  ['job nope'],
  ['job register'],
  ['job register a b'],
  ['job register a --nope'],
  ['job register a --capacity lots'],
  ['job register a --capacity 0'],
  ['job register a --throughput fast'],
  ['job register a --functions 0'],
  ['job register a --functions 1.5'],
  ['job register a --evict fifo'],
  ['job register a --replicas 2'],
  ['job register a --replicas 0'],
  ['job register a --lease soon'],
  ['job register a --lease 0'],
  ['job register a --lease 1500ms'],
  ['job list --controller nowhere'],
  ['job list --controller host:99999'],
  ['job list --controller h1:7400,'],
  ['job list --controller h1:7400,h2'],
  ['job list extra'],
  ['job show'],
  ['job end'],
  ['job scale a'],
  ['node drain'],
  ['plan --capacity'],
  ['put'],
  ['put key'],
  ['get key'],
  ['get key --url http://host'],
  ['get key --url redis://host'],
  ['ls a b'],
  ['put key --tier tape --url redis://a:b@c:1'],
  ['put key --ttl -1 --url redis://a:b@c:1'],
  ['put key --reads 0 --url redis://a:b@c:1'],
  ['up --nodes 0'],
  ['up --nodes many'],
  ['up --shards 0'],
  ['up --dram 0'],
  ['up --dram plenty'],
  ['up --ssd plenty'],
  ['up --object ftp://x'],
  ['up --controller-port 70000'],
  ['up --base-port x'],
  ['up --faas-port -1'],
  ['up extra'],
  ['function'],
  ['function deploy a'],
  ['function deploy a . --memory 1.5KiB'],
  ['function deploy a . --env NOVALUE'],
  ['function deploy a . --timeout never'],
  ['function invoke'],
  ['function invoke a --payload {'],
  ['function invoke a --job j --url redis://a:b@c:1'],
  ['function list --faas nowhere'],
])('`satchel %s` is wrong usage: exit 2, a message on stderr, nothing on stdout', async (line) => {
  const { code, stdout, stderr } = await runCli(line.split(' ').filter((word) => word !== ''));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.length).toBeGreaterThan(0);
});

test('a controller that is not there is named, with what is in the way', async () => {
  const { code, stderr } = await runCli('job list --controller 127.0.0.1:1');
  expect(code).toBe(1);
  expect(stderr).toBe('satchel: the controller at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1\n');
});

test('groups name all their subcommands', async () => {
  const { stdout } = await runCli('--help');
  const help = stdout.replaceAll(/\s+/g, ' ');
  for (const subcommands of [
    'jobs: register, list, show, renew, scale, end, usage, watch, stage',
    'storage nodes: list, drain, undrain, remove, decisions',
    'namespaces: list, show, set, usage',
    'functions: deploy, list, invoke, logs, delete',
  ]) {
    expect(help).toContain(subcommands);
  }
  expect((await runCli('job stage --help')).stdout).toContain('stages of a job: begin, renew, end, list');
});

test.each([['--help'], ['job --help'], ['job register --help'], ['up --help'], ['help put']])(
  '`satchel %s` prints help on stdout and is done',
  async (line) => {
    const { code, stdout, stderr } = await runCli(line);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Usage: satchel');
  },
);

test.each([
  ['get key', { SATCHEL_URL: 'http://host' }],
  ['job list', { SATCHEL_CONTROLLER: 'nowhere' }],
  ['function list', { SATCHEL_FUNCTIONS: 'nowhere' }],
])('`satchel %s` with %j is wrong usage', async (line, env) => {
  const { code, stderr } = await runCli(line, new TestProcess(env));
  expect(code).toBe(2);
  expect(stderr).toContain(Object.keys(env)[0]);
});

test('the version is printed', async () => {
  const { code, stdout } = await runCli('--version');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});
