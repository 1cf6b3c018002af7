import type { RegisterJobRequest } from '@satchel/proto/gen';
import { afterEach, beforeEach } from 'vitest';
import { FakeNode } from './fake-node.js';
import { runController, type TestController } from './run-controller.js';

/** A fresh controller for each test of the file, and short ways to call it. Nodes leave and the controller stops after each. */
export function useController() {
  let test: TestController;
  let nodes: FakeNode[] = [];
  beforeEach(async () => {
    test = await runController();
  });
  afterEach(async () => {
    for (const node of nodes) node.leave();
    nodes = [];
    await test.close();
  });
  const jobs = () => test.channel.jobs;
  const fleet = () => test.channel.fleet;
  return {
    /** The controller of the running test. */
    get now(): TestController {
      return test;
    },
    /** Stops the controller, lets `awayMs` pass and starts it on the same state. */
    async restart(awayMs = 0): Promise<void> {
      await test.close();
      test.clock.advance(awayMs);
      test = await runController(test.store, test.clock);
    },
    /** A node that has yet to join. */
    newNode(...[name, shards, hello]: [name: string, shards?: number, hello?: FakeNode['hello']]): FakeNode {
      const node = new FakeNode(test.address, name, shards, hello);
      nodes.push(node);
      return node;
    },
    async joinNode(name: string, shards = 2): Promise<FakeNode> {
      const node = this.newNode(name, shards);
      await node.join();
      return node;
    },
    register: (request: RegisterJobRequest = {}) => test.channel.call(jobs(), jobs().registerJob, { name: 'sort', ...request }),
    getJob: (job: string) => test.channel.call(jobs(), jobs().getJob, { job }),
    endJob: (job: string) => test.channel.call(jobs(), jobs().endJob, { job }),
    renewJob: (job: string) => test.channel.call(jobs(), jobs().renewJob, { job }),
    listNodes: async () => (await test.channel.call(fleet(), fleet().listNodes, {})).nodes,
    /** Lets fake time pass in steps, so that what happens in between can take its course. */
    async passTime(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += 250) {
        test.clock.advance(250);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
