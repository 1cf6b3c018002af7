import { SatchelError } from '@satchel/proto/core';

/** Where an etcd cluster is and what of it is ours. */
export interface EtcdAddress {
  /** URLs, `http://host:port` or `https://host:port`. */
  readonly hosts: readonly string[];
  /** Begins every key of ours; without slash at the end. */
  readonly prefix: string;
  readonly user: { readonly name: string; readonly password: string } | undefined;
  /** Files, for TLS: who vouches for etcd if not the system's authorities, and what this controller shows. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

const tlsFiles = ['ca', 'cert', 'key'] as const;

const defaultPort = '2379';
const form = 'etcd://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/PREFIX], or etcds://…[?ca=FILE][&cert=FILE&key=FILE] for TLS';

/** Whether a place of the state means etcd rather than a folder. */
export function isEtcdUri(text: string): boolean {
  return /^etcds?:\/\//.test(text);
}

/** Reads `etcd://h1:2379,h2:2379/prefix`. Defaults: port 2379, prefix `/satchel`. Throws `invalid-argument`. */
export function parseEtcdUri(uri: string): EtcdAddress {
  const match = /^(etcds?):\/\/(?:([^@/]*)@)?([^/?#@]+)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(uri);
  const [, scheme, login, list = '', path = '', query = ''] = match ?? [];
  const hosts = list.split(',').map((host) => hostUrl(scheme === 'etcds' ? 'https' : 'http', host));
  const prefix = path.replace(/\/+$/, '');
  const tls = tlsOf(query);
  const files = Object.keys(tls ?? {}).length;
  const wrongTls = tls === undefined || (tls.cert === undefined) !== (tls.key === undefined) || (files > 0 && scheme !== 'etcds');
  if (match === null || hosts.includes(undefined) || wrongTls) {
    throw new SatchelError('invalid-argument', `'${uri.replace(/\/\/.*@/, '//…@')}' names no etcd; the form is ${form}`);
  }
  return { hosts: hosts as string[], prefix: prefix === '' ? '/satchel' : prefix, user: userOf(login), tls };
}

function hostUrl(scheme: string, text: string): string | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? defaultPort);
  return match === null || port < 1 || port > 65_535 ? undefined : `${scheme}://${match[1]}:${port}`;
}

/** Undefined if there is anything else in it. */
function tlsOf(query: string): EtcdAddress['tls'] | undefined {
  const parameters = new URLSearchParams(query);
  const known = [...parameters].every(([name, value]) => tlsFiles.some((file) => file === name) && value !== '');
  return known ? Object.fromEntries(parameters) : undefined;
}

function userOf(login: string | undefined): EtcdAddress['user'] {
  if (login === undefined) return undefined;
  const colon = login.indexOf(':');
  const [name, password] = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)];
  return { name: decodeURIComponent(name), password: decodeURIComponent(password) };
}
