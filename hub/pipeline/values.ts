/** Conversion of single values into text, whole numbers, decimals and yes/no. Nothing is guessed: what is not clearly the wanted kind is a Problem. */
import { Problem, shapeOf } from './problem.js';

/** `T` is left out: it means true to a database and tidak to a clerk. */
const YES = new Set(['true', 'ya', 'y', 'yes', '1', 'benar']);
const NO = new Set(['false', 'tidak', 'n', 'no', '0', 'salah']);
/** Whole thousands are grouped in threes or not at all: `1.23` with points for thousands is no number. */
const POINT = /^([+-]?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/;
/** What `compileDecimal` would write itself. */
const WRITTEN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
const COMMA = /^([+-]?)(\d+|\d{1,3}(?:\.\d{3})+)(?:,(\d+))?$/;

export type DecimalStyle = 'point' | 'comma';

/** Digits are never lost: a number that JavaScript cannot hold exactly was damaged before it came here. */
export function toText(value: unknown): string | Problem {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value) ?? damaged();
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? new Problem('bukan waktu yang benar') : value.toISOString();
  return new Problem(`bukan teks (${shapeOf(value)})`, 'mapping', 'Tunjuk satu nilai di dalamnya, misalnya "alamat.jalan"');
}

/** Numbers within 2^53; beyond, text with all digits. A fraction of zeros is none. */
export function compileInteger(style: DecimalStyle): (value: unknown) => number | string | Problem {
  return (value) => {
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
      return Number.isInteger(value) ? damaged() : new Problem('bukan bilangan bulat (berupa angka pecahan)');
    }
    const found = typeof value === 'string' ? parse(value, style) : undefined;
    if (found === undefined || /[1-9]/.test(found.fraction)) return new Problem(`bukan bilangan bulat (${shapeOf(value)})`, 'mapping', 'Tulis angkanya saja, misalnya 90');
    const text = found.sign + found.whole;
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : text;
  };
}

/** Text such as `4200000.00`, with exactly `scale` decimals when that is given (never rounded). */
export function compileDecimal(style: DecimalStyle, scale?: number): (value: unknown) => string | Problem {
  return (value) => {
    if (typeof value === 'string' && style === 'point' && WRITTEN.test(value) && (scale === undefined || value.indexOf('.') === value.length - scale - 1)) return value;
    const text = typeof value === 'number' ? numberText(value) : typeof value === 'string' ? value : undefined;
    if (typeof value === 'number' && text === undefined) return damaged();
    const found = text === undefined ? undefined : parse(text, typeof value === 'number' ? 'point' : style);
    if (found === undefined) {
      const like = style === 'comma' ? '4.200.000,00' : '4200000.00';
      return new Problem(`bukan bilangan desimal (${shapeOf(value)}, yang diterima seperti ${like})`, 'mapping', `Tulis seperti ${like}, atau ubah "decimal" menjadi ${style === 'comma' ? 'point' : 'comma'}`);
    }
    let { fraction } = found;
    if (scale !== undefined) {
      if (/[1-9]/.test(fraction.slice(scale))) return new Problem(`mempunyai lebih dari ${scale} angka di belakang koma`);
      fraction = fraction.slice(0, scale).padEnd(scale, '0');
    }
    return found.sign + found.whole + (fraction ? `.${fraction}` : '');
  };
}

export function toBoolean(value: unknown): boolean | Problem {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' || typeof value === 'number') {
    const word = String(value).trim().toLowerCase();
    if (YES.has(word)) return true;
    if (NO.has(word)) return false;
  }
  return new Problem(`bukan ya/tidak (${shapeOf(value)}, yang diterima ya/tidak, true/false, 1/0)`, 'mapping', 'Untuk kata lain pakai "codes", misalnya codes: { Y: ya, T: tidak }');
}

function parse(value: string, style: DecimalStyle): { sign: string; whole: string; fraction: string } | undefined {
  const found = (style === 'comma' ? COMMA : POINT).exec(value.trim().replace(/^Rp\.?\s*/i, ''));
  if (!found) return undefined;
  const whole = found[2]!.replace(/[.,]/g, '').replace(/^0+(?=\d)/, '');
  const fraction = found[3] ?? '';
  return { sign: found[1] === '-' && /[1-9]/.test(whole + fraction) ? '-' : '', whole, fraction };
}

/** Plain digits of a number, without the noise of binary fractions (a spreadsheet keeps 15 digits); undefined when digits were lost. */
function numberText(value: number): string | undefined {
  if (Number.isInteger(value)) return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : undefined;
  const text = String(Number(value.toPrecision(15)));
  return Number.isFinite(value) && !text.includes('e') ? text : undefined;
}

function damaged(): Problem {
  return new Problem('berupa angka yang digitnya sudah hilang', 'mapping', 'Simpan nomor identitas sebagai teks di sumbernya');
}
