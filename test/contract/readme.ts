/** What must hold for the README of every connector: its headings, and a table of settings that follows from their declaration. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Connector } from '../../hub/connector.js';

const HEADINGS = ['Purpose', 'Access', 'Settings', 'What it emits or accepts', 'Limits and quirks', 'Try it against the simulator'];
const BEGIN = '<!-- settings: made from settings.ts, `UPDATE_README=1 npm test` writes it anew -->';
const END = '<!-- /settings -->';

/** Declares the suite. `file` is the URL of the README. */
export function testReadme(connector: Connector, file: URL): void {
  describe(`README of ${connector.name}`, () => {
    test('has the headings of every connector', () => {
      expect(readFileSync(file, 'utf8').match(/^## .+$/gm)).toEqual(HEADINGS.map((heading) => `## ${heading}`));
    });

    test('lists the settings as they are declared', () => {
      const readme = readFileSync(file, 'utf8');
      const [before, after] = [readme.indexOf(BEGIN), readme.indexOf(END)];
      expect(before).toBeGreaterThan(0);
      expect(after).toBeGreaterThan(before);
      const wanted = `${BEGIN}\n${settingsTable(connector)}\n${END}`;
      if (process.env.UPDATE_README) writeFileSync(file, readme.slice(0, before) + wanted + readme.slice(after + END.length));
      else expect(readme.slice(before, after + END.length)).toBe(wanted);
    });
  });
}

interface Schema {
  title?: string;
  description?: string;
  type?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  secret?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
}

/** A row per setting; variants and lists of objects are spread out below their own row. */
export function settingsTable(connector: Connector): string {
  const schema = z.toJSONSchema(connector.settings, { io: 'input', unrepresentable: 'any' }) as Schema;
  return ['| setelan | wajib | isi bawaan | arti |', '|---|---|---|---|', ...rowsOf(schema, '')].join('\n');
}

function rowsOf(schema: Schema, prefix: string): string[] {
  const rows = new Map<string, string>();
  for (const [name, setting] of Object.entries(schema.properties ?? {})) {
    const path = `${prefix}${name}`;
    const must = schema.required?.includes(name) && setting.default === undefined ? 'ya' : '';
    const usual = setting.default === undefined || isEmpty(setting.default) ? '' : `\`${JSON.stringify(setting.default)}\``;
    const choice = setting.enum ?? (setting.const === undefined ? undefined : [setting.const]);
    const meaning = [setting.description ?? setting.title, choice && `(${choice.map((value) => `\`${String(value)}\``).join(', ')})`, setting.secret && '*rahasia*'].filter(Boolean).join(' ');
    rows.set(path, `| \`${path}\` | ${must} | ${usual} | ${meaning.replaceAll('|', '\\|')} |`);
    const list = setting.type === 'array';
    const inner = list ? setting.items : setting;
    for (const variant of inner?.oneOf ?? inner?.anyOf ?? (inner ? [inner] : [])) {
      const kind = variant.properties?.kind?.const;
      for (const row of rowsOf(variant, `${path}${list ? '[]' : ''}${kind === undefined ? '' : `(${String(kind)})`}.`)) if (!row.includes(`${String(kind)}).kind`)) rows.set(row, row);
    }
  }
  return [...rows.values()];
}

function isEmpty(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}
