/** What is wrong with a YAML text, in a sentence for people. */
import { type ErrorCode, YAMLError } from 'yaml';

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'awal baris memakai tab; pakai spasi',
  BAD_INDENT: 'jorokan (spasi di awal baris) tidak cocok dengan baris di atasnya, atau kurung belum ditutup',
  DUPLICATE_KEY: 'nama yang sama ditulis dua kali',
  MISSING_CHAR: 'ada tanda yang kurang: titik dua, koma, kutip atau kurung penutup',
  UNEXPECTED_TOKEN: 'ada tanda yang tidak pada tempatnya',
  BAD_ALIAS: 'alias (*nama) menunjuk jangkar (&nama) yang tidak ada',
  BAD_DQ_ESCAPE: 'ada garis miring terbalik yang tidak dikenal di dalam kutip ganda; gandakan (\\\\) atau pakai kutip tunggal',
  BAD_SCALAR_START: 'nilai diawali tanda khusus (@, ` atau %); beri tanda kutip',
  BLOCK_AS_IMPLICIT_KEY: 'ada dua titik dua pada satu baris; beri tanda kutip pada nilainya',
  MULTILINE_IMPLICIT_KEY: 'sebuah nama terpotong ke baris berikutnya; mungkin titik duanya kurang',
  MULTIPLE_DOCS: 'berisi lebih dari satu dokumen (---); satu berkas untuk satu instans',
  RESOURCE_EXHAUSTION: 'bersarang terlalu dalam',
};

/** @param error what the YAML library reported or threw. */
export function yamlSentence(error: unknown): string {
  const deep = error instanceof RangeError || (error instanceof Error && /call stack/i.test(error.message));
  const known = deep ? SENTENCES.RESOURCE_EXHAUSTION : error instanceof YAMLError ? SENTENCES[error.code] : error instanceof ReferenceError ? 'alias (*nama) terlalu banyak atau menunjuk jangkar (&nama) yang tidak ada' : undefined;
  return `bukan YAML yang benar: ${known ?? 'susunannya tidak dapat dibaca'}`;
}
