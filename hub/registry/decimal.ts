/** Decimals: text outside ('4200000.00'), two's complement bytes of the unscaled number in Avro. No floating point touches money. */

/** Digits before and after the point of a decimal text; undefined when it is none. */
export function decimalParts(text: string): { whole: number; fraction: number } | undefined {
  const length = text.length;
  let at = text.charCodeAt(0) === 45 ? 1 : 0;
  const start = at;
  let significant = -1;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) break;
    if (significant < 0 && code !== 48) significant = at;
  }
  if (at === start) return undefined;
  const whole = significant < 0 ? 0 : at - significant;
  if (at === length) return { whole, fraction: 0 };
  if (text.charCodeAt(at) !== 46) return undefined;
  const point = at++;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return undefined;
  }
  return length === point + 1 ? undefined : { whole, fraction: length - point - 1 };
}

/** The unscaled number: a number where that is exact, else a bigint. The text has at most `scale` digits after the point. */
export function unscaled(text: string, scale: number): number | bigint {
  const point = text.indexOf('.');
  const fraction = point < 0 ? 0 : text.length - point - 1;
  const short = text.length - fraction + scale <= 15 ? shortNumber(text, point, scale - fraction) : undefined;
  if (short !== undefined) return short;
  const digits = (point < 0 ? text : text.slice(0, point) + text.slice(point + 1)) + (fraction < scale ? '0'.repeat(scale - fraction) : '');
  // -0 has no unscaled form of its own.
  return digits.length <= 15 ? Number(digits) + 0 : BigInt(digits);
}

/** The commonest money, without making texts on the way; undefined for anything but digits. */
function shortNumber(text: string, point: number, zeros: number): number | undefined {
  const negative = text.charCodeAt(0) === 45;
  let value = 0;
  for (let i = negative ? 1 : 0; i < text.length; i++) {
    if (i === point) continue;
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  for (let i = 0; i < zeros; i++) value *= 10;
  return negative && value !== 0 ? -value : value;
}

/** Text of big-endian two's complement bytes, with exactly `scale` digits after the point. */
export function decimalText(bytes: Buffer, scale: number): string {
  if (bytes.length === 0) return point('0', false, scale);
  if (bytes.length <= 6) {
    const value = bytes.readIntBE(0, bytes.length);
    return point(String(Math.abs(value)), value < 0, scale);
  }
  const value = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  return point((value < 0n ? -value : value).toString(), value < 0n, scale);
}

function point(digits: string, negative: boolean, scale: number): string {
  const sign = negative ? '-' : '';
  if (scale === 0) return sign + digits;
  const padded = digits.length > scale ? digits : digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}
