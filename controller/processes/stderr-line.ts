const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warning', 50: 'error', 60: 'fatal' };

/** A line of a part's stderr as people read it: a pino record becomes its level, message and error; else as it is. */
export function readableLine(line: string): string {
  const record = parseRecord(line);
  if (!record) return line.trim();
  const level = levels[Number(record['level'])] ?? '';
  const error = record['err'] ?? record['error'];
  const cause = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  const message = typeof record['msg'] === 'string' ? record['msg'] : '';
  return [level, message, message.includes(cause) ? '' : cause].filter((part) => part !== '').join(': ');
}

/**
 * What a process that failed meant to say, from its last readable lines: the last one that tells of an error, since a
 * stack trace may follow it, else the last one.
 */
export function lastWords(lines: readonly string[]): string {
  return lines.findLast((line) => /^(fatal|error|[\w.]*Error)\b.*:/.test(line)) ?? lines.at(-1) ?? '';
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
