/** Translates the TypeScript of hub, connectors and test into dist/, file by file (types are checked by `npm run types`). Overwrites, so that a process running from dist/ finds its files. */
import { build } from 'esbuild';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const filesBelow = (folder, fits) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && fits(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

const sources = ['hub', 'connectors', 'test'].flatMap((folder) => filesBelow(folder, (name) => name.endsWith('.ts') && !name.endsWith('.test.ts')));
await build({ entryPoints: sources, outdir: 'dist', outbase: '.', format: 'esm', platform: 'node', target: 'node20', sourcemap: true, logLevel: 'warning' });

const wanted = new Set(sources.map((source) => join('dist', source.replace(/\.ts$/, '.js'))));
for (const file of filesBelow('dist', () => true)) if (!wanted.has(file.replace(/\.map$/, '')) && existsSync(file)) rmSync(file);
