import { SatchelError } from '@satchel/proto/core';
import type * as wire from '@satchel/proto/gen';
import { loadSchema, notLeading, type ServerHandle, serve, toServiceError } from '@satchel/proto/rpc';
import { decisionHandlers } from './decisions/decision-handlers.js';
import type { DecisionLog } from './decisions/decision-log.js';
import { eventHandlers } from './event-handlers.js';
import type { Metrics } from './http/metrics.js';
import { type LeaseBounds, readHints, readPlanned, readRegistration } from './input.js';
import { endedText } from './job-table.js';
import type { JobRecord } from './model.js';
import { namespaceHandlers } from './namespaces/namespace-handlers.js';
import { NodeStream, type NodeStreamParts } from './node-stream.js';
import { planToWire } from './sizing/plan-wire.js';
import { stageHandlers } from './stages/stage-handlers.js';
import { type UnaryParts, unary } from './unary.js';
import { receiptHandlers } from './usage/receipt-handlers.js';
import { allocationToWire, jobInList, jobToWire, jobUrl, nodeToWire, slotMapToWire, usageToWire } from './wire.js';

/** What the server maps calls to. */
export interface ServerParts extends NodeStreamParts, UnaryParts {
  readonly metrics: Metrics;
  readonly leases: LeaseBounds;
  readonly decisions: DecisionLog;
}

/** Serves the control API. Maps messages and errors; decides nothing. */
export function serveControl(parts: ServerParts, host: string, port: number): Promise<ServerHandle> {
  const schema = loadSchema();
  const services = [
    { definition: schema.Jobs.service, implementation: jobsService(parts) },
    { definition: schema.Fleet.service, implementation: fleetService(parts) },
  ];
  return serve(services, host, port);
}

function jobsService(parts: ServerParts): wire.JobsHandlers {
  const { jobs, fleet } = parts;
  return {
    RegisterJob: unary(parts, 'RegisterJob', (request) => registerJob(parts, request)),
    RenewJob: unary(parts, 'RenewJob', async ({ job }) => {
      const { record, expiresMs, token } = await jobs.renew(job);
      return { leaseSeconds: record.leaseMs / 1000, expiresAtMs: expiresMs, token };
    }),
    EndJob: unary(parts, 'EndJob', async ({ job }) => ({ usage: usageToWire(await jobs.end(job), jobs.planner.unitPrices) })),
    GetJob: unary(parts, 'GetJob', ({ job }) => jobToWire(jobs.table.known(job), jobs, fleet)),
    ListJobs: unary(parts, 'ListJobs', (request) => {
      const listed = [...jobs.table.all()].filter((record) => isAskedFor(record, request));
      listed.sort((a, b) => a.createdMs - b.createdMs || (a.job < b.job ? -1 : 1));
      return { jobs: listed.map((record) => jobInList(record, jobs)) };
    }),
    ScaleJob: unary(parts, 'ScaleJob', async ({ job, hints }) => jobToWire(await jobs.scale(job, readHints(hints)), jobs, fleet)),
    PlanJob: unary(parts, 'PlanJob', (request) => {
      const planned = readPlanned(request);
      return planToWire(jobs.plan(planned), jobs.alternatives(planned), jobs.planner.prices);
    }),
    WatchSlotMap: (call) => watchSlotMap(parts, call),
    ...stageHandlers(parts),
    ...namespaceHandlers(parts),
    ...eventHandlers(parts),
    ...receiptHandlers(parts),
  };
}

function isAskedFor({ namespace, state }: JobRecord, asked: wire.ListJobsRequest__Output): boolean {
  if (asked.namespace !== '' && namespace !== asked.namespace) return false;
  if (asked.expired) return state.kind !== 'active' && state.reason === 'lease-lapsed';
  return asked.ended || state.kind !== 'ended';
}

async function registerJob(parts: ServerParts, request: wire.RegisterJobRequest__Output): Promise<wire.RegisterJobResponse> {
  const { jobs, fleet, leases } = parts;
  const { record, token } = await jobs.register(readRegistration(request, leases));
  return {
    job: record.job,
    token,
    url: jobUrl(record, token, fleet),
    leaseSeconds: record.leaseMs / 1000,
    allocation: allocationToWire(record.allocation),
    reasons: [...record.reasons],
    slotMap: slotMapToWire(record, fleet),
  };
}

function fleetService(parts: ServerParts): wire.FleetHandlers {
  const { jobs, fleet } = parts;
  return {
    Join: (call) => join(parts, call),
    ListNodes: unary(parts, 'ListNodes', () => ({ nodes: [...fleet.nodes()].map((view) => nodeToWire(view, jobs, fleet)) })),
    GetPublicKey: unary(parts, 'GetPublicKey', () => ({ publicKeyJwk: parts.tokens.publicKeyJwk })),
    ...decisionHandlers(parts),
    DrainNode: unary(parts, 'DrainNode', async ({ node }) => nodeToWire(await jobs.drainNode(node), jobs, fleet)),
    RemoveNode: unary(parts, 'RemoveNode', async ({ node, lost }) => nodeToWire(await jobs.removeNode(node, lost), jobs, fleet)),
    UndrainNode: unary(parts, 'UndrainNode', async ({ node }) => nodeToWire(await jobs.undrainNode(node), jobs, fleet)),
  };
}

function watchSlotMap(parts: ServerParts, call: Parameters<wire.JobsHandlers['WatchSlotMap']>[0]): void {
  const { jobs, fleet } = parts;
  const { job } = call.request;
  const fail = (thrown: unknown) => call.emit('error', toServiceError(thrown));
  try {
    call.write(slotMapToWire(jobs.table.active(job), fleet));
  } catch (thrown) {
    fail(thrown);
    return;
  }
  const stop = jobs.watchers.add(job, {
    changed: () => call.write(slotMapToWire(jobs.table.active(job), fleet)),
    ended: () => {
      if (parts.leads?.() === false) call.emit('error', notLeading());
      else fail(new SatchelError('no-job', endedText(jobs.table.known(job))));
    },
  });
  call.on('cancelled', stop);
  call.on('close', stop);
}

function join(parts: ServerParts, call: Parameters<wire.FleetHandlers['Join']>[0]): void {
  let open = true;
  const stream = new NodeStream(parts, {
    // What a deposed controller still decides, nodes must not hear: a job that lapsed here lives on where leadership went.
    send: (message) => {
      if (open && parts.leads?.() !== false) call.write(message);
    },
    end: () => {
      if (open) call.end();
      open = false;
    },
  });
  const over = () => {
    open = false;
    stream.closed();
  };
  call.on('data', (message) => stream.receive(message));
  call.on('end', () => {
    if (open) call.end();
    over();
  });
  call.on('cancelled', over);
  call.on('error', over);
}
