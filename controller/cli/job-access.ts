import { formatJobUrl, SatchelError } from '@satchel/proto/core';
import type { RenewJobResponse__Output, SlotMap__Output } from '@satchel/proto/gen';
import type { ControllerChannel } from '@satchel/proto/rpc';

/** A renewed lease and the URL that opens the job with the fresh token. */
export interface JobAccess extends RenewJobResponse__Output {
  readonly job: string;
  readonly url: string;
}

/** Renews a job's lease; its URL names a shard of the job that is up. Fails with the controller's error. */
export async function renewJob(channel: ControllerChannel, job: string): Promise<JobAccess> {
  const renewed = await channel.call(channel.jobs, channel.jobs.renewJob, { job });
  const { slotMap } = await channel.call(channel.jobs, channel.jobs.getJob, { job });
  return { job, ...renewed, url: urlOf(job, renewed.token, slotMap) };
}

function urlOf(job: string, token: string, slotMap: SlotMap__Output | null): string {
  const shards = slotMap?.shards ?? [];
  const shard = shards.find(({ state }) => state !== 'down') ?? shards[0];
  if (!shard) throw new SatchelError('unavailable', `job ${job} has no shard that is up; start a storage node`);
  return formatJobUrl({ job, token, host: shard.host, port: shard.endpointPort, tls: false });
}
