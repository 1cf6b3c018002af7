import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JobRecord, Tokens } from '@satchel/controller/simulation';

/**
 * Signs a job's token once, at its registration, and at once: the controller's own signs in another thread, whose answers come in
 * no order that a seed could give. The signature is Ed25519 over as much text, so that registering costs what it does.
 */
export class SimulatedTokens implements Tokens {
  readonly publicKeyJwk = '{}';
  readonly #privateKey: KeyObject = generateKeyPairSync('ed25519').privateKey;
  readonly #signed = new Map<string, string>();

  forJob(record: JobRecord, nowMs: number): Promise<string> {
    const known = this.#signed.get(record.job);
    if (known !== undefined) return Promise.resolve(known);
    const { job, namespace, ranges, createdMs } = record;
    const claims = JSON.stringify({ job, namespace, slots: ranges.map(({ start, shard }) => [start, shard]), createdMs, nowMs });
    const token = `${Buffer.from(claims).toString('base64url')}.${sign(null, Buffer.from(claims), this.#privateKey).toString('base64url')}`;
    this.#signed.set(job, token);
    return Promise.resolve(token);
  }

  forLinks(node: string): Promise<string> {
    return Promise.resolve(node);
  }

  forget(job: string): void {
    this.#signed.delete(job);
  }
}
