import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { SatchelError } from '@satchel/proto/core';
import PQueue from 'p-queue';
import type { ObjectClient, StoredName } from './object-client.js';
import type { ObjectLocation } from './object-uri.js';

const MiB = 1024 * 1024;
/** Larger objects go in parts. */
const multipartBytes = 16 * MiB;
const partBytes = 8 * MiB;
const partsAtOnce = 4;
const requestsAtOnce = 32;
/** What one DeleteObjects or ListObjectsV2 takes at most. */
const batchLength = 1000;
const attempts = 5;
const connectTimeoutMs = 3000;
const requestTimeoutMs = 30_000;

/**
 * An S3-compatible store. Credentials come from where the AWS SDK finds them (AWS_ACCESS_KEY_ID, profiles, instance roles …). With an
 * endpoint of its own the bucket is addressed by path, as such stores expect.
 */
export class S3ObjectClient implements ObjectClient {
  readonly requests = { puts: 0, gets: 0, deletes: 0, lists: 0 };
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #where: string;
  readonly #queue = new PQueue({ concurrency: requestsAtOnce });

  constructor(location: ObjectLocation & { kind: 's3' }) {
    const { bucket, endpoint } = location;
    const sockets = { keepAlive: true, maxSockets: requestsAtOnce * partsAtOnce };
    this.#bucket = bucket;
    this.#where = endpoint === undefined ? `s3://${bucket}` : `s3://${bucket} at ${endpoint}`;
    // The SDK would say, once for each shard, which versions of Node it will leave behind.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    this.#client = new S3Client({
      region: location.region ?? process.env['AWS_REGION'] ?? 'us-east-1',
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      maxAttempts: attempts,
      // Other stores than Amazon's do not all know the checksums that the SDK would add by itself.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        requestTimeout: requestTimeoutMs,
        httpAgent: new HttpAgent(sockets),
        httpsAgent: new HttpsAgent(sockets),
      },
    });
  }

  put(name: string, body: Buffer): Promise<void> {
    return this.#run(`writing ${name}`, async () => {
      this.requests.puts += this.requestsOfPut(body.length);
      if (body.length > multipartBytes) return this.#putInParts(name, body);
      await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: name, Body: body, ContentLength: body.length }));
    });
  }

  /** A multipart upload is begun, sent in parts and completed. */
  requestsOfPut(bytes: number): number {
    return bytes > multipartBytes ? 2 + Math.ceil(bytes / partBytes) : 1;
  }

  read(name: string, from: number, to: number, target: Buffer, targetStart: number): Promise<number | undefined> {
    return this.#run(`reading ${name}`, async () => {
      this.requests.gets++;
      const range = `bytes=${from}-${to - 1}`;
      const get = new GetObjectCommand({ Bucket: this.#bucket, Key: name, Range: range });
      const found = await unless(this.#client.send(get), [...missing, 'InvalidRange'], undefined);
      if (found === undefined) return this.#sizeOf(name);
      await copyBody(found.Body, target, targetStart);
      return sizeOf(found.ContentRange, found.ContentLength);
    });
  }

  async delete(names: readonly string[]): Promise<void> {
    for (let start = 0; start < names.length; start += batchLength) {
      const batch = names.slice(start, start + batchLength);
      await this.#run('deleting objects', async () => {
        this.requests.deletes++;
        const { Errors: refused = [] } = await this.#client.send(
          new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true } }),
        );
        const [first] = refused.filter(({ Code }) => Code !== 'NoSuchKey');
        if (first !== undefined) throw new Error(`${first.Key}: ${first.Code} ${first.Message}`);
      });
    }
  }

  async list(prefix: string, after: string, limit: number): Promise<StoredName[]> {
    const found: StoredName[] = [];
    while (found.length < limit) {
      const page = await this.#listPage(prefix, found.at(-1)?.name ?? after, Math.min(limit - found.length, batchLength));
      found.push(...page.entries);
      if (page.isLast) break;
    }
    return found;
  }

  abortUploads(prefix: string): Promise<void> {
    return this.#run(`giving up uploads to ${prefix}`, async () => {
      for (let last = false; !last; ) {
        this.requests.lists++;
        const list = new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: prefix });
        const page = await unless(this.#client.send(list), ['NotImplemented'], undefined);
        const uploads = page?.Uploads ?? [];
        for (const { Key, UploadId } of uploads) {
          this.requests.deletes++;
          const abort = new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId });
          await unless(this.#client.send(abort), missing, undefined);
        }
        last = page?.IsTruncated !== true || uploads.length === 0;
      }
    });
  }

  close(): void {
    this.#client.destroy();
  }

  async #putInParts(name: string, body: Buffer): Promise<void> {
    const upload = new Upload({
      client: this.#client,
      params: { Bucket: this.#bucket, Key: name, Body: body },
      partSize: partBytes,
      queueSize: partsAtOnce,
    });
    await upload.done();
  }

  /** The size of an object if there is one: a range beyond its end is refused without telling. */
  async #sizeOf(name: string): Promise<number | undefined> {
    this.requests.gets++;
    const head = new HeadObjectCommand({ Bucket: this.#bucket, Key: name });
    return (await unless(this.#client.send(head), missing, undefined))?.ContentLength;
  }

  #listPage(prefix: string, after: string, limit: number): Promise<{ entries: StoredName[]; isLast: boolean }> {
    return this.#run(`listing ${prefix}`, async () => {
      this.requests.lists++;
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          MaxKeys: limit,
          ...(after === '' ? {} : { StartAfter: after }),
        }),
      );
      const entries = (page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({ name: Key, bytes: Size }));
      return { entries, isLast: page.IsTruncated !== true || entries.length === 0 };
    });
  }

  async #run<T>(doing: string, action: () => Promise<T>): Promise<T> {
    try {
      return await this.#queue.add(action, { throwOnTimeout: true });
    } catch (error) {
      throw this.#errorOf(doing, error);
    }
  }

  #errorOf(doing: string, cause: unknown): SatchelError {
    // It holds sockets and agents, which nobody wants to see in a log.
    if (cause instanceof S3ServiceException) Reflect.deleteProperty(cause, '$response');
    const reason = cause instanceof Error ? `${cause.name}${cause.message === '' ? '' : `: ${cause.message}`}` : String(cause);
    const refused = cause instanceof S3ServiceException && (cause.$metadata.httpStatusCode ?? 500) < 500;
    const advice = refused
      ? 'check the bucket, its region and the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)'
      : 'check that the store is up and can be reached from the storage nodes, then repeat';
    return new SatchelError('unavailable', `${doing} in the object store ${this.#where} failed: ${reason}; ${advice}`, { cause });
  }
}

async function copyBody(body: unknown, target: Buffer, targetStart: number): Promise<void> {
  if (!(body instanceof Readable)) throw new Error('the answer has no body');
  let at = targetStart;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) throw new Error('the answer has a body that is not bytes');
    at += chunk.copy(target, at);
  }
}

/** The size of the whole object, from `bytes 0-99/1234`. */
function sizeOf(range: string | undefined, length: number | undefined): number {
  const size = Number(range?.split('/')[1]);
  return Number.isSafeInteger(size) ? size : (length ?? 0);
}

const missing = ['NoSuchKey', 'NotFound', 'NoSuchUpload'];

/** What a request settles with, or `otherwise` if the store answers with one of the errors named. */
async function unless<T, Otherwise>(
  request: Promise<T>,
  errors: readonly string[],
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof S3ServiceException && errors.includes(error.name)) return otherwise;
    throw error;
  }
}
