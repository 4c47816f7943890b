/**
 * Translates the TypeScript of hub, connectors and test into dist/, file by file (types are checked by `npm run types`): what is newer than its translation, or everything after a change
 * of this file or of the packages. Overwrites, so that a process running from dist/ finds its files.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const filesBelow = (folder, fits) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && fits(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
const changed = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const translation = (source) => join('dist', source.replace(/\.ts$/, '.js'));

const sources = ['hub', 'connectors', 'test'].flatMap((folder) => filesBelow(folder, (name) => name.endsWith('.ts') && !name.endsWith('.test.ts')));
const means = Math.max(changed('test/build.mjs'), changed('package-lock.json'));
const stale = sources.filter((source) => changed(translation(source)) <= Math.max(changed(source), means));
if (stale.length > 0) {
  // Loaded only when needed: it costs every start more than all else here.
  const { build } = await import('esbuild');
  await build({ entryPoints: stale, outdir: 'dist', outbase: '.', format: 'esm', platform: 'node', target: 'node20', sourcemap: true, logLevel: 'warning' });
}

const wanted = new Set(sources.map(translation));
for (const file of existsSync('dist') ? filesBelow('dist', () => true) : []) if (!wanted.has(file.replace(/\.map$/, ''))) rmSync(file);
