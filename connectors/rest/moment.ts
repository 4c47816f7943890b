/** Times in the forms that services write them. */

/** Milliseconds since 1970 of a text or number in `format`, or undefined when it does not fit. `zone` (`+08:00`) is used where the text names none. */
export function parseMoment(value: string | number, format: string, zone: string): number | undefined {
  if (format === 'unix' || format === 'unixms') {
    const number = Number(value);
    return Number.isFinite(number) && value !== '' ? number * (format === 'unix' ? 1000 : 1) : undefined;
  }
  const text = String(value).trim();
  if (format === 'iso') {
    const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(text.slice(10)) ? text : `${text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T')}${zone}`;
    const time = Date.parse(zoned);
    return Number.isNaN(time) ? undefined : time;
  }
  const parts = { yyyy: '1970', MM: '01', dd: '01', HH: '00', mm: '00', ss: '00', SSS: '000' };
  const tokens: (keyof typeof parts)[] = [];
  const pattern = format.replace(/yyyy|MM|dd|HH|mm|ss|SSS|[.*+?^${}()|[\]\\]/g, (token) => {
    if (!(token in parts)) return `\\${token}`;
    tokens.push(token as keyof typeof parts);
    return `(\\d{${token.length}})`;
  });
  const match = new RegExp(`^${pattern}$`).exec(text);
  if (!match) return undefined;
  tokens.forEach((token, index) => (parts[token] = match[index + 1]!));
  const time = Date.parse(`${parts.yyyy}-${parts.MM}-${parts.dd}T${parts.HH}:${parts.mm}:${parts.ss}.${parts.SSS}${zone}`);
  return Number.isNaN(time) ? undefined : time;
}

/** The reverse. */
export function formatMoment(time: number, format: string, zone: string): string {
  if (format === 'unix') return String(Math.floor(time / 1000));
  if (format === 'unixms') return String(time);
  if (format === 'iso') return new Date(time).toISOString();
  const [hours, minutes] = zone.slice(1).split(':').map(Number) as [number, number];
  const local = new Date(time + (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000).toISOString();
  const parts: Record<string, string> = { yyyy: local.slice(0, 4), MM: local.slice(5, 7), dd: local.slice(8, 10), HH: local.slice(11, 13), mm: local.slice(14, 16), ss: local.slice(17, 19), SSS: local.slice(20, 23) };
  return format.replace(/yyyy|MM|dd|HH|mm|ss|SSS/g, (token) => parts[token]!);
}
