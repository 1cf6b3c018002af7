import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endpointAddress, formatAddress, parseAddress } from './address.js';

test('an address is read as it is written', () => {
  for (const text of ['127.0.0.1:7500', 'host.example:1', '[::1]:7500']) {
    const parsed = parseAddress(text);
    expect(parsed && formatAddress({ ...parsed, tls: false })).toBe(text);
  }
  for (const text of ['', 'host', 'host:', 'host:0', 'host:65536', 'host:x']) expect(parseAddress(text)).toBeUndefined();
});

test('the Unix socket is used when it is there and the URL names this host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-address-'));
  try {
    writeFileSync(join(folder, '7500.sock'), '');
    const url = { job: 'j', token: 't', host: '127.0.0.1', port: 7500, tls: false };
    expect(endpointAddress(url, folder).socket).toBe(join(folder, '7500.sock'));
    expect(endpointAddress({ ...url, port: 7501 }, folder).socket).toBeUndefined();
    expect(endpointAddress({ ...url, host: '192.0.2.1' }, folder).socket).toBeUndefined();
    expect(endpointAddress({ ...url, tls: true }, folder).socket).toBeUndefined();
    expect(endpointAddress(url, '').socket).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
