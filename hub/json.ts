/** JSON without losing digits (NIK, NIP and account numbers written as JSON numbers survive), and what stands at a place in it. */
import { isInteger, isSafeNumber, parse } from 'lossless-json';
import { RejectedRecord } from './errors.js';
import type { Json, JsonObject } from './record.js';

/** Deeper documents than this are refused before the parser recurses into them. */
const MAX_DEPTH = 200;

/**
 * Parses JSON text. A number that a JavaScript number cannot hold exactly (every NIP, the NIK of people registered in Papua) becomes text with its digits.
 * @throws RejectedRecord `syntax` for malformed text, `depth` for nesting beyond 200 levels.
 */
export function parseJson(text: string): Json {
  if (depthOf(text) > MAX_DEPTH) {
    throw new RejectedRecord([{ path: '', rule: 'depth', message: `JSON bersarang lebih dari ${MAX_DEPTH} tingkat`, repair: 'Kirim data tanpa susunan bersarang sedalam itu', severity: 'reject' }]);
  }
  try {
    return parse(text, undefined, (digits) => (isSafe(digits) ? Number(digits) : digits)) as Json;
  } catch (cause) {
    throw new RejectedRecord([{ path: '', rule: 'syntax', message: `bukan JSON yang benar (${(cause as Error).message})`, repair: 'Periksa tanda kutip, koma dan kurung', severity: 'reject' }], { cause });
  }
}

/** Neither null nor a list nor a single value. */
export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** What stands at a dotted path (`data.items`, `hasil.0`); the value itself for an empty path, undefined where the path ends early. */
export function at(value: Json | undefined, path: string): Json | undefined {
  if (path === '') return value;
  let here: Json | undefined = value;
  for (const name of path.split('.')) {
    if (here === null || typeof here !== 'object' || !Object.hasOwn(here, name)) return undefined;
    here = (here as Record<string, Json>)[name];
  }
  return here;
}

function isSafe(digits: string): boolean {
  return isInteger(digits) ? Number.isSafeInteger(Number(digits)) : isSafeNumber(digits);
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (quoted) {
      if (char === 92) i++;
      else if (char === 34) quoted = false;
    } else if (char === 34) quoted = true;
    else if (char === 123 || char === 91) deepest = Math.max(deepest, ++depth);
    else if (char === 125 || char === 93) depth--;
  }
  return deepest;
}
