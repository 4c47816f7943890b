/** Texts with variables in braces: `/pns/{nip}`, `{now-7d:yyyy-MM-dd}`. */
import type { Json } from '../../hub/record.js';

const VARIABLE = /\{([A-Za-z_][\w.]*)(-\d+[dh])?(?::([^{}]+))?\}/g;

/** Gives the text of a variable; undefined where it has no value. */
export type Variables = (name: string, back: number, format: string | undefined) => string | undefined;

/** Fills a text in; undefined when one of its variables has no value. */
export function fill(template: string, variables: Variables, encode: (text: string) => string = (text) => text): string | undefined {
  let complete = true;
  const filled = template.replace(VARIABLE, (_, name: string, back: string | undefined, format: string | undefined) => {
    const value = variables(name, back ? Number(back.slice(1, -1)) * (back.endsWith('d') ? 86_400_000 : 3_600_000) : 0, format);
    if (value === undefined) complete = false;
    return encode(value ?? '');
  });
  return complete ? filled : undefined;
}

/** Fills a path in; undefined also where a value (`..`) would make it lead elsewhere. */
export function fillPath(template: string, variables: Variables): string | undefined {
  // Half a character cannot be encoded.
  const filled = fill(template, variables, (text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')));
  return filled?.split(/[?#]/)[0]!.split('/').some((part) => part === '.' || part === '..') ? undefined : filled;
}

/** The same in every text of a JSON body; a field whose text has no value is left out. */
export function fillJson(body: Json, variables: Variables): Json | undefined {
  if (typeof body === 'string') return fill(body, variables);
  if (Array.isArray(body)) return body.map((item) => fillJson(item, variables)).filter((item) => item !== undefined);
  if (body === null || typeof body !== 'object') return body;
  const filled = Object.entries(body).map(([name, value]) => [name, fillJson(value, variables)] as const);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined)) as Json;
}

export function variablesOf(template: string): string[] {
  return [...template.matchAll(VARIABLE)].map((match) => match[1]!);
}
