import { SatchelError, verbs } from '@satchel/proto/core';
import type { SessionIdentity } from './session.js';
import type { ShardEnvironment } from './shard-environment.js';

/** Jobs remembered; a link names one in every command. */
const rememberedJobs = 256;

/** The identities under which commands of other shards run: the shard that forwards has checked the token and its verbs. */
export class LinkIdentities {
  readonly #environment: ShardEnvironment;
  readonly #known = new Map<string, SessionIdentity>();

  constructor(environment: ShardEnvironment) {
    this.#environment = environment;
  }

  /** `named`: see `linkName`. Throws `no-job` if the job has ended or was never heard of. */
  of(named: string): SessionIdentity {
    const known = this.#known.get(named);
    if (known !== undefined && !known.shardJob.ended) return known;
    this.#known.delete(named);
    const [job = '', only = '', stays] = named.split('/');
    const shardJob = this.#environment.jobOf(job);
    if (shardJob === undefined) throw new SatchelError('no-job', `job ${job} is not known on shard ${this.#environment.shard}`);
    const { namespace } = shardJob.configuration;
    const allowed = verbs.filter((verb) => only === '' || verb === only);
    const identity: SessionIdentity = { job, namespace, verbs: allowed, token: '', shardJob, stays: stays !== undefined };
    if (this.#known.size >= rememberedJobs) this.#known.clear();
    this.#known.set(named, identity);
    return identity;
  }
}
