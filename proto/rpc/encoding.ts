import type { PackageDefinition } from '@grpc/proto-loader';
import type { Root, Service, Type } from 'protobufjs';

/** Encodings of messages that go to many, made once. */
const shared = new WeakMap<object, Buffer | undefined>();

/** Marks a message that is sent more than once: it is encoded once, and must not change from then on. Returns it. */
export function shareEncoding<Message extends object>(message: Message): Message {
  shared.set(message, undefined);
  return message;
}

/**
 * Makes the services of a package encode messages as they are. What comes with the loader first copies each into an object of its
 * class, converting what may be of another type, which takes as long as the encoding itself; the compiler has checked our types.
 */
export function encodePlainly(definition: PackageDefinition, root: Root): void {
  for (const [name, service] of Object.entries(definition)) {
    // Messages and enumerations say their format; services do not.
    if ('format' in service) continue;
    const { methods }: Service = root.lookupService(name);
    for (const [method, description] of Object.entries(service)) {
      const { resolvedRequestType, resolvedResponseType } = methods[method] ?? {};
      if (!resolvedRequestType || !resolvedResponseType) continue;
      Object.assign(description, {
        requestSerialize: encoder(resolvedRequestType),
        responseSerialize: encoder(resolvedResponseType),
      });
    }
  }
}

function encoder(type: Type): (message: object) => Buffer {
  return (message) => {
    const known = shared.get(message);
    if (known !== undefined) return known;
    const encoded = type.encode(message).finish() as Buffer;
    if (shared.has(message)) shared.set(message, encoded);
    return encoded;
  };
}
