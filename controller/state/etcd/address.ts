import { SatchelError } from '@satchel/proto/core';

/** Where an etcd cluster is and what of it is ours. */
export interface EtcdAddress {
  /** URLs, `http://host:port` or `https://host:port`. */
  readonly hosts: readonly string[];
  /** Begins every key of ours; without slash at the end. */
  readonly prefix: string;
  readonly user: { readonly name: string; readonly password: string } | undefined;
}

const defaultPort = '2379';
const form = 'etcd://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/PREFIX], or etcds:// for TLS';

/** Whether a place of the state means etcd rather than a folder. */
export function isEtcdUri(text: string): boolean {
  return /^etcds?:\/\//.test(text);
}

/** Reads `etcd://h1:2379,h2:2379/prefix`. Defaults: port 2379, prefix `/satchel`. Throws `invalid-argument`. */
export function parseEtcdUri(uri: string): EtcdAddress {
  const match = /^(etcds?):\/\/(?:([^@/]*)@)?([^/?#@]+)(\/[^?#]*)?$/.exec(uri);
  const [, scheme, login, list = '', path = ''] = match ?? [];
  const hosts = list.split(',').map((host) => hostUrl(scheme === 'etcds' ? 'https' : 'http', host));
  const prefix = path.replace(/\/+$/, '');
  if (match === null || hosts.includes(undefined)) {
    throw new SatchelError('invalid-argument', `'${uri.replace(/\/\/.*@/, '//…@')}' names no etcd; the form is ${form}`);
  }
  return { hosts: hosts as string[], prefix: prefix === '' ? '/satchel' : prefix, user: userOf(login) };
}

function hostUrl(scheme: string, text: string): string | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? defaultPort);
  return match === null || port < 1 || port > 65_535 ? undefined : `${scheme}://${match[1]}:${port}`;
}

function userOf(login: string | undefined): EtcdAddress['user'] {
  if (login === undefined) return undefined;
  const colon = login.indexOf(':');
  const [name, password] = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)];
  return { name: decodeURIComponent(name), password: decodeURIComponent(password) };
}
