/** Whether data written with one schema can be read with another: Avro's rules with the names and paths of Java's SchemaCompatibility, listing every fault. */
import type { AvroType, EnumType, FixedType, Logical, RecordField, RecordType } from './avro.js';

export const LEVELS = ['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE'] as const;
/**
 * BACKWARD: the new schema reads data of the last one. FORWARD: the last one reads data of the new schema. FULL: both. TRANSITIVE: not only the last version, but every one.
 */
export type Level = (typeof LEVELS)[number];

export type IncompatibilityType =
  | 'NAME_MISMATCH' | 'FIXED_SIZE_MISMATCH' | 'MISSING_ENUM_SYMBOLS' | 'READER_FIELD_MISSING_DEFAULT_VALUE' | 'TYPE_MISMATCH' | 'MISSING_UNION_BRANCH';

export interface Incompatibility {
  readonly type: IncompatibilityType;
  /** JSON pointer into the reader's schema, as Java writes it: `/fields/2/type/symbols`; `/` is the root. */
  readonly path: string;
  /** Names of the fields on the way: `alamat.rt`; empty at the root. */
  readonly field: string;
  /** Java's own words, for clients that show or match them. */
  readonly detail: string;
  /** Bahasa Indonesia: what it means and what to do. */
  readonly message: string;
  /** Why no branch of an optional field fits, when one of them is nearly right. */
  readonly causes?: readonly Incompatibility[];
}

/** One that was found by a level against one of the earlier versions. */
export interface VersionIncompatibility extends Incompatibility {
  readonly version: number;
  /** `backward`: the new schema cannot read the old data. `forward`: readers of the old schema cannot read the new data. */
  readonly direction: 'backward' | 'forward';
}

/** What keeps `next` from following the earlier versions, oldest first, under a level. */
export function checkLevel(level: Level, next: AvroType, earlier: readonly { readonly version: number; readonly type: AvroType }[]): VersionIncompatibility[] {
  if (level === 'NONE') return [];
  const versions = level.endsWith('_TRANSITIVE') ? [...earlier].reverse() : earlier.slice(-1);
  return versions.flatMap(({ version, type }) => [
    ...(level.startsWith('FORWARD') ? [] : checkReader(next, type).map((found) => ({ ...found, version, direction: 'backward' as const }))),
    ...(level.startsWith('BACKWARD') ? [] : checkReader(type, next).map((found) => ({ ...found, version, direction: 'forward' as const }))),
  ]);
}

/** What keeps data written with `writer` from being read with `reader`. */
export function checkReader(reader: AvroType, writer: AvroType): Incompatibility[] {
  return compare(reader, writer, ROOT, new Map());
}

interface Place {
  readonly path: readonly string[];
  readonly field: string;
}
/** Pairs already looked at; a pair inside itself is compatible unless proven otherwise outside. */
type Known = Map<AvroType, Map<AvroType, Incompatibility[]>>;

const ROOT: Place = { path: [], field: '' };

function compare(reader: AvroType, writer: AvroType, place: Place, known: Known): Incompatibility[] {
  let pairs = known.get(reader);
  if (!pairs) known.set(reader, (pairs = new Map()));
  const before = pairs.get(writer);
  if (before) return before;
  pairs.set(writer, []);
  const found = differences(reader, writer, place, known);
  pairs.set(writer, found);
  return found;
}

function differences(reader: AvroType, writer: AvroType, place: Place, known: Known): Incompatibility[] {
  if (writer.kind === 'union') {
    if (reader.kind === 'union') {
      return writer.branches.flatMap((branch, index) => {
        const causes = compare(reader, branch, ROOT, known);
        // The reader union's own complaint says nothing new; what lies beneath it does.
        return causes.length === 0 ? [] : [missingBranch(branch, step(place, String(index)), causes.flatMap((cause) => cause.causes ?? []))];
      });
    }
    return writer.branches.flatMap((branch) => compare(reader, branch, place, known));
  }
  if (reader.kind === 'union') {
    const nearly: Incompatibility[] = [];
    for (const branch of reader.branches) {
      const causes = compare(branch, writer, ROOT, known);
      if (causes.length === 0) return [];
      if (branch.kind === writer.kind) nearly.push(...causes);
    }
    return [missingBranch(writer, place, nearly)];
  }
  switch (reader.kind) {
    case 'record':
      return writer.kind === 'record' ? [...names(reader, writer, place), ...recordFields(reader, writer, place, known)] : [typeMismatch(reader, writer, place)];
    case 'enum':
      return writer.kind === 'enum' ? [...names(reader, writer, place), ...symbols(reader, writer, place)] : [typeMismatch(reader, writer, place)];
    case 'fixed':
      return writer.kind === 'fixed' ? [...names(reader, writer, place), ...size(reader, writer, place), ...logical(reader, writer, place)] : [typeMismatch(reader, writer, place)];
    case 'array':
      return writer.kind === 'array' ? compare(reader.items, writer.items, step(place, 'items'), known) : [typeMismatch(reader, writer, place)];
    case 'map':
      return writer.kind === 'map' ? compare(reader.values, writer.values, step(place, 'values'), known) : [typeMismatch(reader, writer, place)];
    default:
      return reader.kind === writer.kind || PROMOTIONS[reader.kind]?.includes(writer.kind) ? logical(reader, writer, place) : [typeMismatch(reader, writer, place)];
  }
}

/** Which writers' types a reader's type takes beside its own. */
const PROMOTIONS: Partial<Record<AvroType['kind'], readonly AvroType['kind'][]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
};

function recordFields(reader: RecordType, writer: RecordType, place: Place, known: Known): Incompatibility[] {
  return reader.fields.flatMap((field, index) => {
    const here: Place = { path: [...place.path, 'fields', String(index)], field: place.field ? `${place.field}.${field.name}` : field.name };
    const source = writerField(writer, field);
    if (source) return compare(field.type, source.type, step(here, 'type'), known);
    if (field.default !== undefined || (field.type.kind === 'enum' && field.type.default !== undefined)) return [];
    return [fault('READER_FIELD_MISSING_DEFAULT_VALUE', here, field.name, `kolom "${field.name}" tidak ada di skema penulis dan tidak punya nilai default; jadikan ["null", tipe] dengan "default": null`)];
  });
}

function writerField(writer: RecordType, field: RecordField): RecordField | undefined {
  return writer.fields.find((candidate) => candidate.name === field.name) ?? writer.fields.find((candidate) => field.aliases.includes(candidate.name));
}

function names(reader: RecordType | EnumType | FixedType, writer: RecordType | EnumType | FixedType, place: Place): Incompatibility[] {
  if (reader.name === writer.name || reader.aliases.includes(writer.name)) return [];
  return [fault('NAME_MISMATCH', step(place, 'name'), `expected: ${writer.name}`, `nama berubah dari ${writer.name} menjadi ${reader.name}; tulis nama lama sebagai alias`)];
}

function symbols(reader: EnumType, writer: EnumType, place: Place): Incompatibility[] {
  if (reader.default !== undefined) return [];
  const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  if (missing.length === 0) return [];
  return [fault('MISSING_ENUM_SYMBOLS', step(place, 'symbols'), `[${missing.join(', ')}]`, `pilihan ${missing.join(', ')} tidak dikenal oleh skema pembaca; pertahankan pilihan itu atau beri "default" pada enum`)];
}

function size(reader: FixedType, writer: FixedType, place: Place): Incompatibility[] {
  if (reader.size === writer.size) return [];
  return [fault('FIXED_SIZE_MISMATCH', step(place, 'size'), `expected: ${writer.size}, found: ${reader.size}`, `ukuran berubah dari ${writer.size} menjadi ${reader.size} byte`)];
}

/**
 * Java compares only the carriers. The specification says that decimals match when scale and precision do; a changed scale would multiply money by a power of ten in
 * silence, and one kind of time read as another is wrong too. A larger precision is harmless to the reader.
 */
function logical(reader: AvroType & Logical, writer: AvroType & Logical, place: Place): Incompatibility[] {
  if (reader.logical === undefined || writer.logical === undefined) return [];
  if (reader.logical !== writer.logical) {
    return [fault('TYPE_MISMATCH', place, `reader logicalType: ${reader.logical} not compatible with writer logicalType: ${writer.logical}`, `makna berubah dari ${writer.logical} menjadi ${reader.logical}; tambahkan kolom baru`)];
  }
  if (reader.logical !== 'decimal' || (reader.scale === writer.scale && reader.precision! >= writer.precision!)) return [];
  const text = (type: Logical): string => `decimal(${type.precision},${type.scale})`;
  return [fault('TYPE_MISMATCH', place, `reader type: ${text(reader)} not compatible with writer type: ${text(writer)}`, `${text(writer)} tidak dapat dibaca sebagai ${text(reader)}: scale harus sama dan precision tidak boleh mengecil`)];
}

function missingBranch(writer: AvroType, place: Place, causes: readonly Incompatibility[]): Incompatibility {
  const why = causes.length > 0 ? ` (${causes.map((cause) => cause.message).join('; ')})` : '';
  const found = fault('MISSING_UNION_BRANCH', place, `reader union lacking writer type: ${writer.kind.toUpperCase()}`, `pilihan tipe pembaca tidak memuat ${writer.kind} dari penulis${why}`);
  return causes.length > 0 ? { ...found, causes } : found;
}

function typeMismatch(reader: AvroType, writer: AvroType, place: Place): Incompatibility {
  return fault('TYPE_MISMATCH', place, `reader type: ${reader.kind.toUpperCase()} not compatible with writer type: ${writer.kind.toUpperCase()}`, `tipe ${writer.kind} tidak dapat dibaca sebagai ${reader.kind}; pertahankan tipenya atau tambahkan kolom baru`);
}

function fault(type: IncompatibilityType, place: Place, detail: string, message: string): Incompatibility {
  return { type, path: `/${place.path.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`, field: place.field, detail, message };
}

function step(place: Place, key: string): Place {
  return { path: [...place.path, key], field: place.field };
}
