/** The context that contract suites hand to connectors. */
import type { ConnectorContext } from '../../hub/connector.js';

/** A context of its own; `lines` collects what was logged above debug. */
export function testContext(options: { signal?: AbortSignal; instance?: string; files?: string; now?: () => Date; keys?: ConnectorContext['keys'] } = {}): ConnectorContext & { readonly lines: string[] } {
  const lines: string[] = [];
  const line = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return {
    instance: options.instance ?? 'uji',
    owner: 'diskominfo',
    signal: options.signal ?? new AbortController().signal,
    logger: { debug: () => undefined, info: line, warn: line, error: line },
    now: options.now ?? (() => new Date('2026-11-24T02:00:00Z')),
    files: options.files ?? '/nonexistent',
    keys: options.keys ?? (() => Promise.resolve([])),
    lines,
  };
}
