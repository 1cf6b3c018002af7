import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { JobUrl } from '@satchel/proto/core';

/** Where a shard listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Path of the Unix socket that serves the same as host and port. */
  readonly socket?: string;
}

/** `host:port`, as errors name a shard and as connections are told apart. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reads `host:port`; the host may be empty. Undefined if the port is none. */
export function parseAddress(text: string): { host: string; port: number } | undefined {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port };
}

/**
 * The address of a job's endpoint. When the URL names this very host and `socketDir` holds the Unix socket of that port, the
 * connection goes through it.
 */
export function endpointAddress(url: JobUrl, socketDir: string | undefined): Address {
  const address = { host: url.host, port: url.port, tls: url.tls };
  if (socketDir === undefined || socketDir === '' || url.tls || !isThisHost(url.host)) return address;
  const socket = join(socketDir, `${url.port}.sock`);
  return existsSync(socket) ? { ...address, socket } : address;
}

/** Whether a host is the one this process runs on. */
export function isThisHost(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
