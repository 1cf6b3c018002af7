import { assert } from './errors.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Every limit of the data and control plane, in one place. Sizes are bytes. */
export const limits = {
  /** A key longer than this is refused; it must fit LMDB's key limit (1,978) beside our prefix. */
  keyBytes: 1024,
  /** A value longer than this is refused with TOOLARGE; the limit of a RESP bulk string in Redis. */
  valueBytes: 512 * MiB,
  /** Bytes of one chunk of a striped object, from least to most. */
  leastStripeChunkBytes: 4 * KiB,
  stripeChunkBytes: 64 * MiB,
  /** Chunks of one striped object. */
  stripeChunks: 131_072,
  /** Chunks the SDK makes: with `stripeChunks` of them the largest object has 512 GiB. */
  clientStripeChunkBytes: 4 * MiB,
  /** Bytes of chunks that one striped put or read of the SDK has under way. */
  clientStripeWindowBytes: 32 * MiB,
  /** Striped objects of one job that are being written to one shard. */
  stripesUnderWay: 1024,
  /** Chunks of an object that is not complete are dropped so long after the last sign of its writer. */
  stripeProgressMs: 60_000,
  /** Longest time after which a shard asks whether the object that its chunks are part of is still there. */
  stripeCheckMs: 600_000,
  /** Removals of chunks on other shards that a job's shard goes on trying. */
  stripeDropQueue: 10_000,
  /** How long a command of a slot that has come to its shard waits until the shards that had the slot before have let go of it. */
  steeringWaitMs: 5_000,
  /** Bytes of values that a shard takes over at a time from shards that had its slots before; a larger one comes alone. */
  shardTakeOverBytes: 64 * MiB,
  /** Bytes of striped values that a shard puts together at a time for clients that do not do so themselves. */
  shardAssemblyBytes: 1024 * MiB,
  /** Elements of one command. */
  commandArguments: 1024 * 1024,
  /** One line of an inline command or a protocol header. */
  inlineBytes: 64 * KiB,
  /** Input that an unauthenticated connection may have buffered. */
  unauthenticatedInputBytes: 16 * KiB,
  /** Bytes that all connections of a shard together may hold of commands not yet complete. */
  shardInputBytes: 1024 * MiB,
  /** A value of so many bytes or more flows to where it is stored as it arrives. */
  streamedArgumentBytes: 64 * KiB,
  /** Values on their way to a shard in this manner at a time, and their bytes in all; others are gathered first. */
  shardUploads: 1024,
  shardUploadBytes: 1024 * MiB,
  /** A connection that goes on with no byte of its large value for this long is closed. */
  uploadStallMs: 60_000,
  /** Reply bytes waiting for a slow reader, above which its commands are no longer read. */
  connectionOutputBytes: 4 * MiB,
  /** A slow reader whose replies do not get shorter for this long is disconnected. */
  slowReaderMs: 30_000,
  /** A shard of a node that leaves the fleet ends a connection when nothing has come through it for so long. */
  leaveQuietMs: 1_000,
  /** After so long it ends the others too, each when what has come was answered. */
  leavePatienceMs: 10_000,
  /** How long a refused connection's input is read over, so that the refusal arrives before the end. */
  lingerMs: 2_000,
  /** Commands of one connection that run before others get their turn. */
  connectionTurnCommands: 1000,
  /** Time one connection's commands may take before others get their turn. */
  connectionTurnMs: 0.25,
  /** Input kept of a connection whose commands are held back, above which no more is read. */
  connectionHeldBackBytes: 16 * KiB,
  /** Bytes of one job on one shard that wait for or are on their way to the object store; beyond, its object tier is full. */
  objectUploadBytes: 1024 * MiB,
  /** Rings of one shard, and the bytes that each holds in either direction: a power of two. */
  shardRings: 256,
  ringBytes: 128 * 1024,
  /** Connections of one shard, all listeners together. */
  shardConnections: 20_000,
  /** Waits registered on one shard by all its clients. */
  shardWaits: 100_000,
  /** One element of a list, or one published message: larger values belong under a key of their own. */
  elementBytes: 1 * MiB,
  /** One member of a set; the engine compares longer ones slowly. */
  memberBytes: 8 * KiB,
  /** Elements of one list, members of one set. */
  collectionElements: 1_000_000,
  /** Lists and sets of one job on one shard. */
  jobCollections: 100_000,
  /** Bytes that the lists and sets of a shard may be charged, as they live on the JavaScript heap. */
  shardCollectionBytes: 512 * MiB,
  /** Channels and patterns that one connection subscribes to. */
  connectionSubscriptions: 10_000,
  /** Channels and patterns that all connections of one job on one shard subscribe to. */
  jobSubscriptions: 100_000,
  /** Messages waiting for a subscriber that does not read them; beyond, it is disconnected. */
  subscriberOutputBytes: 32 * MiB,
  /** Keys that KEYS gives back of one shard. */
  listedKeys: 100_000,
  /** Verified tokens that a shard remembers, of each kind. */
  shardTokens: 4096,
  /** Commands that one endpoint connection may have under way on other shards. */
  connectionForwards: 1024,
  /** Reply bytes that those may be expected to bring, as far as the replies before tell. */
  connectionForwardBytes: 64 * MiB,
  /** Reply bytes of one connection above which it is closed, whatever they came from. */
  connectionHeldOutputBytes: 1280 * MiB,
  /** Bytes of values being read from slow tiers for waits of one job; those beyond wait their turn, and their connections with them. */
  awaitedReadBytes: 64 * MiB,
  /** Commands queued on one shard-to-shard link. */
  linkQueue: 65_536,
  /** Bytes queued on one shard-to-shard link that the other side did not take yet. */
  linkOutputBytes: 1024 * MiB,
  /** Time a shard-to-shard link has to open. */
  linkConnectMs: 2_000,
  /** After a link could not be opened, commands for it fail at once for this long. */
  linkBackoffMs: 100,
  /** A link that owes replies and is silent for this long is given up. */
  linkSilenceMs: 10_000,
  /** Reason given to SATCHEL.FAIL. */
  failReasonBytes: 1024,
  /** Jobs a controller keeps active. */
  activeJobs: 100_000,
  /** Stages that one job has at a time, and how deep they may lie in each other. */
  jobStages: 1000,
  stageDepth: 8,
  /** Ended stages of one job that are remembered; nothing can be written under their prefixes. */
  endedStages: 256,
  /** Prefix of a stage: it leaves room in a key for what follows. */
  stagePrefixBytes: 512,
  /** Shards that one job spans; its token carries the slot range of each, some 20 characters. */
  jobShards: 256,
  /** Ended jobs a controller remembers, with their receipts. */
  endedJobs: 10_000,
  /** Decisions of its own that a controller remembers. */
  decisions: 1000,
  /** Names of jobs of which a controller remembers earlier runs. */
  historyNames: 10_000,
  /** Shards of one node. */
  nodeShards: 256,
  /** Name of a job, namespace or function. */
  nameCharacters: 128,
  /** Shards of one fleet. */
  fleetShards: 65_536,
  /** Requests under way on one client connection, above which calls wait for their turn. */
  clientPipeline: 16_384,
  /** Aggregates within aggregates of one reply. */
  replyDepth: 32,
  /** A codec buffer larger than this is given up after use instead of being kept for the next. */
  keptBufferBytes: 256 * KiB,
  /** Bytes that one client connection may have encoded and not yet handed to the kernel. */
  clientOutputBytes: 4 * MiB,
  /** Bytes of a streamed value that one client connection may hold and not yet have handed to the kernel. */
  clientStreamBytes: 1 * MiB,
  /** Streamed values of a known length from this size on flow through a connection of their own. */
  clientStreamFromBytes: 1 * MiB,
  /** What a client reads from a socket at a time. */
  clientReadBytes: 64 * KiB,
  /** Times a call follows a slot to another shard. */
  clientRedirects: 16,
  /** Times a call is sent anew after its connection broke. */
  clientRepeats: 8,
  /** Files of one job's arena that a client on the same host maps; Linux lets a process have 65,530 mappings. */
  localSegments: 16_384,
  /** Payload of one function invocation, as in AWS Lambda. */
  functionPayloadBytes: 6 * MiB,
  /** Log kept of one function. */
  functionLogBytes: 1 * MiB,
  /** Events waiting for one function. */
  functionEventQueue: 10_000,
} as const;

assert(limits.keyBytes + 16 <= 1978, 'a key with its prefix fits an LMDB key');
assert(limits.shardInputBytes >= limits.valueBytes, 'the largest value can be received');
assert(limits.objectUploadBytes > limits.valueBytes + limits.keyBytes, 'the largest value can be on its way to the object store');
assert(limits.shardAssemblyBytes >= limits.valueBytes, 'the largest value can be put together');
assert(limits.unauthenticatedInputBytes >= 8 * KiB, 'AUTH with a token of many slot ranges fits');
assert(limits.stagePrefixBytes <= limits.keyBytes / 2, 'a stage has keys');
