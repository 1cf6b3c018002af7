import { SatchelError } from './errors.js';

/** What a job's URL says: `redis://JOB:TOKEN@HOST:PORT`, or `rediss://` for TLS. */
export interface JobUrl {
  readonly job: string;
  readonly token: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Reads a job's URL; throws `invalid-argument` that never repeats the token. */
export function parseJobUrl(text: string): JobUrl {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new SatchelError('invalid-argument', 'the job URL is not a URL; it looks like redis://JOB:TOKEN@HOST:PORT');
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw new SatchelError('invalid-argument', `the job URL begins with ${url.protocol}//; it begins with redis:// or rediss://`);
  }
  if (!url.username || !url.password || !url.hostname || !url.port) {
    throw new SatchelError(
      'invalid-argument',
      'the job URL lacks job, token, host or port; it looks like redis://JOB:TOKEN@HOST:PORT',
    );
  }
  return {
    job: url.username,
    token: url.password,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port),
    tls: url.protocol === 'rediss:',
  };
}

/** The URL a function is handed; the inverse of {@link parseJobUrl}. */
export function formatJobUrl(url: JobUrl): string {
  const host = url.host.includes(':') ? `[${url.host}]` : url.host;
  return `${url.tls ? 'rediss' : 'redis'}://${url.job}:${url.token}@${host}:${url.port}`;
}
