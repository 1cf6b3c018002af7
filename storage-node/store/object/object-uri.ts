import { resolve } from 'node:path';
import { SatchelError } from '@satchel/proto/core';
import type { ObjectClient } from './object-client.js';

/** Where the object tier is. */
export type ObjectLocation =
  | { readonly kind: 'file'; readonly folder: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** None: Amazon's. */
      readonly endpoint: string | undefined;
      /** None: what the environment says, else us-east-1. */
      readonly region: string | undefined;
    };

const forms = 'it looks like file:DIR or s3://BUCKET?endpoint=URL&region=R';

/** Reads `file:DIR` (relative to the current folder) or `s3://BUCKET?endpoint=URL&region=R`; throws `invalid-argument`. */
export function parseObjectUri(text: string): ObjectLocation {
  if (text.startsWith('file:')) return parseFile(text);
  if (text.startsWith('s3://')) return parseS3(text);
  throw new SatchelError('invalid-argument', `'${text}' does not name an object store; ${forms}`);
}

/** Opens a client of the object store that a URI names. Nothing is contacted yet. */
export async function openObjectClient(uri: string): Promise<ObjectClient> {
  const location = parseObjectUri(uri);
  if (location.kind === 'file') return new (await import('./file-client.js')).FileClient(location.folder);
  // Loaded on demand: the AWS SDK costs a process 40 MiB.
  return new (await import('./s3-client.js')).S3ObjectClient(location);
}

function parseFile(text: string): ObjectLocation {
  const path = text.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '' || path.startsWith('//')) {
    throw new SatchelError('invalid-argument', `'${text}' lacks the folder; ${forms}`);
  }
  return { kind: 'file', folder: resolve(path) };
}

function parseS3(text: string): ObjectLocation {
  const [bucket = '', query = ''] = text.slice('s3://'.length).split(/\?(.*)/s);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    const why = bucket.includes('/') ? 'a bucket is named without a path' : 'a bucket has 3 to 63 of [a-z0-9.-]';
    throw new SatchelError('invalid-argument', `'${bucket}' in '${text}' is not a bucket: ${why}; ${forms}`);
  }
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (name !== 'endpoint' && name !== 'region') {
      throw new SatchelError('invalid-argument', `'${name}' in '${text}' is unknown; ${forms}`);
    }
  }
  const endpoint = parameters.get('endpoint') ?? undefined;
  if (endpoint !== undefined && !isHttpUrl(endpoint)) {
    throw new SatchelError('invalid-argument', `the endpoint '${endpoint}' in '${text}' is not an http:// or https:// URL`);
  }
  return { kind: 's3', bucket, endpoint, region: parameters.get('region') ?? undefined };
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}
