/** Where the hub's own files lie (`config/`, `schemas/`, migrations), whether it runs from its sources or from `dist/`. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of the folder with package.json. */
export const projectFolder = here.endsWith('/dist') || here.endsWith('\\dist') ? dirname(here) : here;

export const version = (JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string }).version;
