/** The hub's log lines: JSON, one a line, with identities and secrets masked whatever a caller hands in. */
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { destination, type Logger, pino } from 'pino';
import { maskIdentities } from './mask.js';

const SECRETS = ['password', 'secret', 'token', 'authorization', 'apiKey', 'clientSecret', 'connectionString'];
/** A log file that grew past this is kept once as `.1` at the next start. */
const MAX_BYTES = 10_000_000;
/** So many characters wait while the disk is full; later lines are dropped. */
const MAX_WAITING = 65_536;

/** Logs to `file`, or to standard error without one. Lines are written at once: a crash loses none. */
export function openLogger(file?: string): Logger {
  if (file) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.1`);
  }
  const lines = destination({ ...(file ? { dest: file } : { fd: 2 }), sync: true, mode: 0o600, maxLength: MAX_WAITING });
  // A full disk or a closed terminal must not end whoever had something to say.
  lines.on('error', () => undefined);
  return pino(
    {
      base: null,
      level: 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '***' },
      hooks: { streamWrite: (line) => maskIdentities(line.replace(/(\w+:\/\/[^:/\s"]+):[^@/\s"]+@/g, '$1:***@')) },
    },
    lines,
  );
}
