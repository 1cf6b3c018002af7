/** As a shard says it by itself, and as it passes on what another one said: the first on direct ports, the second on endpoints. */
const forms = [/^MOVED \d+ (\S+)/, /^GONE slot \d+ is moving to (\S+);/];

/** Where the command of an error reply was to go, `host:port`; undefined if that was not what is wrong with it. Nothing of it has happened. */
export function movedTo(line: string): string | undefined {
  if (!line.startsWith('MOVED ') && !line.startsWith('GONE ')) return undefined;
  for (const form of forms) {
    const match = form.exec(line);
    if (match !== null) return match[1];
  }
  return undefined;
}
