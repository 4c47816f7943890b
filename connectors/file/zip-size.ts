/** How large the parts of a ZIP (an XLSX is one) are when they are unpacked: found out in pieces, since what the file itself says of it may be a lie. */
import { open, type FileHandle } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';

const END = 0x06054b50;
/** The end of the list of parts, with the longest comment behind it. */
const END_BYTES = 22 + 65_535;

/** Bytes of all parts together; counting ends above `most`. Undefined where the file is no ZIP that can be understood. */
export async function unpackedSize(path: string, most: number): Promise<number | undefined> {
  const file = await open(path);
  try {
    const parts = await partsOf(file);
    let size = parts && 0;
    for (const part of parts ?? []) {
      if (size === undefined || size > most) break;
      const found = await sizeOf(file, part, most - size);
      size = found === undefined ? undefined : size + found;
    }
    return size;
  } finally {
    await file.close();
  }
}

interface Part {
  readonly deflated: boolean;
  readonly bytes: number;
  /** Of its own header. */
  readonly at: number;
}

async function partsOf(file: FileHandle): Promise<Part[] | undefined> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - END_BYTES), Math.min(size, END_BYTES));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) return undefined;
  const [count, bytes, at] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (at + bytes > size) return undefined;
  const list = await read(file, at, bytes);
  const parts: Part[] = [];
  for (let here = 0; parts.length < count && here + 46 <= list.length; ) {
    parts.push({ deflated: list.readUInt16LE(here + 10) === 8, bytes: list.readUInt32LE(here + 20), at: list.readUInt32LE(here + 42) });
    here += 46 + list.readUInt16LE(here + 28) + list.readUInt16LE(here + 30) + list.readUInt16LE(here + 32);
  }
  return parts;
}

async function sizeOf(file: FileHandle, { deflated, bytes, at }: Part, most: number): Promise<number | undefined> {
  const header = await read(file, at, 30);
  if (header.length < 30) return undefined;
  if (!deflated) return bytes;
  const start = at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (bytes === 0) return 0;
  const unpacked = file.createReadStream({ start, end: start + bytes - 1, autoClose: false }).pipe(createInflateRaw());
  let size = 0;
  try {
    for await (const piece of unpacked) {
      size += (piece as Buffer).length;
      if (size > most) break;
    }
    return size;
  } catch {
    return undefined;
  }
}

async function read(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
  return buffer.subarray(0, bytesRead);
}
