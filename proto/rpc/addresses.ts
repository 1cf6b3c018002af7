import { SatchelError } from '../core/index.js';

/** Where a controller is. */
export interface ControllerAddress {
  readonly host: string;
  readonly port: number;
}

/** The controller to talk to, or several of which one leads, `h1:p1,h2:p2`: the one given, else SATCHEL_CONTROLLER, else 127.0.0.1:7400. */
export function controllerAddress(given?: string): string {
  return given ?? process.env['SATCHEL_CONTROLLER'] ?? '127.0.0.1:7400';
}

/** Reads `h1:p1,h2:p2`. Throws `invalid-argument`. */
export function parseControllerAddresses(text: string): ControllerAddress[] {
  return text.split(',').map((part) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(part.trim());
    const port = Number(match?.[3]);
    if (match === null || port > 65_535) {
      throw new SatchelError(
        'invalid-argument',
        `'${part}' is no controller's address; give HOST:PORT, or several with commas between`,
      );
    }
    return { host: match[1] ?? match[2] ?? '', port };
  });
}
