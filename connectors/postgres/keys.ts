/** The keys of the last reading, packed into the position, so that a key that vanished can be named. */
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { ContractError } from '../../hub/errors.js';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
/** A position has to fit into one record of the log. */
const MOST_CHARACTERS = 700_000;

/** Packs keys (lines without line breaks, sorted): each is written as the length it shares with the one before, and the rest. */
export async function packKeys(keys: readonly string[]): Promise<string> {
  let before = '';
  const lines: string[] = [];
  for (const key of keys) {
    let shared = 0;
    while (shared < key.length && shared < before.length && key.charCodeAt(shared) === before.charCodeAt(shared)) shared++;
    lines.push(`${shared.toString(36)} ${key.slice(shared)}`);
    before = key;
  }
  const packed = (await compress(lines.join('\n'), { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } })).toString('base64');
  if (packed.length <= MOST_CHARACTERS) return packed;
  throw new ContractError(`${keys.length} kunci terlalu banyak untuk dibandingkan; pakai kolom penanda hapus (deletions.column) atau bandingkan dengan topik (deletions.topic).`);
}

export async function unpackKeys(packed: string): Promise<string[]> {
  const text = (await decompress(Buffer.from(packed, 'base64'))).toString('utf8');
  if (text === '') return [];
  let before = '';
  return text.split('\n').map((line) => {
    const space = line.indexOf(' ');
    before = before.slice(0, parseInt(line.slice(0, space), 36)) + line.slice(space + 1);
    return before;
  });
}
