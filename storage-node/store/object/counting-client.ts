import type { ObjectClient } from './object-client.js';

/** A client that also counts for one job. */
export function countingClient(
  client: ObjectClient,
  counts: { puts: number; gets: number; deletes: number; lists: number },
): ObjectClient {
  return {
    requests: counts,
    requestsOfPut: (bytes) => client.requestsOfPut(bytes),
    put(name, body) {
      counts.puts += client.requestsOfPut(body.length);
      return client.put(name, body);
    },
    read(name, from, to, target, targetStart) {
      counts.gets++;
      return client.read(name, from, to, target, targetStart);
    },
    delete(names) {
      counts.deletes += Math.ceil(names.length / 1000);
      return client.delete(names);
    },
    list(prefix, after, limit) {
      counts.lists++;
      return client.list(prefix, after, limit);
    },
    abortUploads: (prefix) => client.abortUploads(prefix),
    close: () => client.close(),
  };
}
