/** Query parameters, checked the same way everywhere. */
import type { Request } from 'express';
import { Problem } from './problem.js';

/** A whole number between `least` and `most`. @throws Problem 400 */
export function wholeNumber(request: Request, name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const text = textOf(request, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d{1,16}$/.test(text) || number < least || number > most) throw new Problem(400, 'parameter', `Parameter "${name}" harus angka bulat ${least} sampai ${most}.`);
  return number;
}

/** The parameter's only value; given twice is refused. @throws Problem 400 */
export function textOf(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new Problem(400, 'parameter', `Parameter "${name}" cukup ditulis sekali.`);
  return value;
}

/** One of a few words. @throws Problem 400 */
export function oneOf<W extends string>(request: Request, name: string, words: readonly W[]): W | undefined {
  const text = textOf(request, name);
  if (text === undefined) return undefined;
  if (!words.includes(text as W)) throw new Problem(400, 'parameter', `Parameter "${name}" harus salah satu dari: ${words.join(', ')}.`);
  return text as W;
}
