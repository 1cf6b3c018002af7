/** What to look at when a connection fails so. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /alert bad certificate|alert unknown ca|certificate required|alert handshake failure/i,
    'etcd wants a certificate of its clients that an authority of its own signed; give ?cert=FILE&key=FILE',
  ],
  [
    /unable to (verify|get)|self-signed|unknown authority|altname|expired/i,
    'the certificate of etcd is not vouched for; give the file of its authority as ?ca=FILE, and the host by a name that is in the certificate',
  ],
  [/Failed to connect|ECONNREFUSED|ECONNRESET|wrong version number/i, 'is etcd there, and etcds:// or etcd:// what it talks?'],
  [/ENOENT|EACCES/, 'the file is named in --state'],
];

/** Why etcd cannot be used, in one line, with what to look at. */
export function etcdReason(error: unknown): string {
  const told = error instanceof Error ? error.message : String(error);
  const message = told
    .replace(/^14 UNAVAILABLE: No connection established\. Last error: /, '')
    .replace(/ \(\d{4}-\d{2}-\d{2}T[^)]*\)/, '')
    .replace(/\.? Resolution note:.*$/s, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const [, hint] = advice.find(([pattern]) => pattern.test(message)) ?? [];
  return hint === undefined ? message : `${message}: ${hint}`;
}
