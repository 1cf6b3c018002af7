/**
 * User and group ids that jobs are given, where the processes of Satchel run as root: a range that systemd's table of ids
 * (https://systemd.io/UIDS-GIDS/) leaves unused, above those of containers.
 */
export const jobGroups = { first: 1_879_048_192, count: 268_304_384 } as const;

/**
 * The group id that owns a job's shared memory, and as which its sandboxes run (as user id too). The same on every host. Two jobs may have
 * the same id, one pair in 268 million: whoever gives access by it checks for that.
 */
export function jobGroupId(job: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < job.length; at++) hash = Math.imul(hash ^ job.charCodeAt(at), 0x01000193);
  // MurmurHash3's finalizer, so that ids that differ in their last letter only lie apart.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return jobGroups.first + (((hash ^ (hash >>> 16)) >>> 0) % jobGroups.count);
}
