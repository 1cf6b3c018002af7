import { destination, type Logger, pino } from 'pino';

/** JSON lines on standard error, at the level of SATCHEL_LOG, by default `warn`. */
export function createLog(name: string): Logger {
  return pino({ name, level: process.env['SATCHEL_LOG'] ?? 'warn' }, destination({ dest: 2, sync: true }));
}
