/** The value from which a run reads, and the highest value it has seen. */
import { at } from '../../hub/json.js';
import type { JsonObject } from '../../hub/record.js';
import { formatMoment, parseMoment } from './moment.js';
import type { SinceSettings } from './settings.js';

export interface Since {
  /** Text of `{since}`, moved back by the overlap; undefined in the first run without `start`. */
  text(format: string | undefined): string | undefined;
  /** Text of a time in this source's zone. */
  moment(time: number, format: string | undefined): string;
  /** Notes a record; answers its time in milliseconds where the field is a time. */
  see(record: JsonObject): number | undefined;
  /** What the position keeps: milliseconds for times, else the number or text itself. */
  reached(): string | number | undefined;
}

export function createSince(settings: SinceSettings | undefined, since: string | number | undefined, reached: string | number | undefined, now: Date): Since {
  const zone = settings?.zone ?? '+08:00';
  const moment = (time: number, format = 'iso') => formatMoment(time, format, zone);
  if (!settings) return { text: () => undefined, moment, see: () => undefined, reached: () => undefined };
  const { format } = settings;
  const plain = format === 'number' || format === 'text';
  const valueOf = (value: string | number) => (format === 'text' ? String(value) : format === 'number' ? (Number.isFinite(Number(value)) ? Number(value) : undefined) : parseMoment(value, format, zone));
  const start = since ?? (settings.start === undefined ? undefined : valueOf(settings.start));
  let highest = reached ?? start;
  return {
    text(wanted) {
      if (start === undefined) return undefined;
      if (typeof start === 'string') return start;
      return plain ? String(start - settings.overlap) : moment(start - settings.overlap * 1000, wanted ?? format);
    },
    moment,
    see(record) {
      const field = at(record, settings.field);
      const value = typeof field === 'string' || typeof field === 'number' ? valueOf(field) : undefined;
      if (value === undefined) return undefined;
      // A clock that runs ahead there must not hide what is changed until then.
      const capped = plain || typeof value === 'string' ? value : Math.min(value, now.getTime());
      if (highest === undefined || capped > highest) highest = capped;
      return plain || typeof value === 'string' ? undefined : value;
    },
    reached: () => highest,
  };
}
