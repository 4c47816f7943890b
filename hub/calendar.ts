/** The city's time zone, and civil dates as Avro counts them: days and milliseconds since 1970, without time zones and without Date objects. */

/** Waktu Indonesia Tengah. */
export const TIME_ZONE = 'Asia/Makassar';
/** Milliseconds that it is ahead of UTC, all year: there is no daylight saving. */
export const UTC_OFFSET = 8 * 3_600_000;

/** The day in the city at a moment, `YYYY-MM-DD`. */
export function cityDay(time: Date): string {
  return new Date(time.getTime() + UTC_OFFSET).toISOString().slice(0, 10);
}

/** Days of a month, 1 to 12. */
export function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined when it is no date of the calendar. */
export function civilDay(text: string): number | undefined {
  return text.length === 10 ? dayAt(text) : undefined;
}

/** Text of a day since 1970-01-01. */
export function civilText(day: number): string {
  const known = texts.get(day);
  if (known !== undefined) return known;
  const shifted = day + 719468;
  const era = Math.floor(shifted / 146097);
  const ofEra = shifted - era * 146097;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1)}`;
  if (texts.size >= 50_000) texts.clear();
  texts.set(day, text);
  return text;
}
/** Birth dates and pay days repeat: making their text again and again would cost more than keeping it. */
const texts = new Map<number, string>();

/** Milliseconds since 1970 of `YYYY-MM-DDThh:mm:ss[.m…]Z`, to the millisecond; undefined when it is no such moment. */
export function instant(text: string): number | undefined {
  const length = text.length;
  if (length < 20 || text.charCodeAt(10) !== 84 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58 || text.charCodeAt(length - 1) !== 90) return undefined;
  const day = dayAt(text);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  if (day === undefined || !(hour < 24) || !(minute < 60) || !(second < 60)) return undefined;
  let millis = 0;
  if (length > 20) {
    if (text.charCodeAt(19) !== 46 || length === 21 || length > 30) return undefined;
    for (let i = 20, weight = 100; i < length - 1; i++, weight /= 10) {
      const digit = text.charCodeAt(i) - 48;
      if (!(digit >= 0 && digit <= 9)) return undefined;
      if (weight >= 1) millis += digit * weight;
    }
  }
  return day * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + millis;
}

function dayAt(text: string): number | undefined {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  // Written so that NaN, from anything but digits, is refused too.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return undefined;
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear - 719468;
}

/** Two digits as a number, NaN when they are none. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
