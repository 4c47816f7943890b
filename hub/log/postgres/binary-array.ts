/** Arrays as PostgreSQL receives them in binary: pg sends a Buffer as it is, and the server takes it apart in a third of the time that its text would need. */

/** Dimensions, whether there are nulls, type of the elements; then length and lower bound of the one dimension. */
const HEADER = 20;

export function intArray(values: readonly number[]): Buffer {
  const buffer = begin(23, values.length, false, values.length * 8);
  for (let i = 0, at = HEADER; i < values.length; i++, at += 8) {
    buffer.writeInt32BE(4, at);
    buffer.writeInt32BE(values[i]!, at + 4);
  }
  return buffer;
}

/** Whole numbers up to 2^53, or null. */
export function bigintArray(values: readonly (number | null)[]): Buffer {
  const buffer = begin(20, values.length, true, values.length * 12);
  let at = HEADER;
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeInt32BE(Math.floor(value / 4_294_967_296), at);
    at = buffer.writeUInt32BE(value >= 0 ? value % 4_294_967_296 : (value % 4_294_967_296 + 4_294_967_296) % 4_294_967_296, at);
  }
  return buffer.subarray(0, at);
}

export function textArray(values: readonly (string | null)[]): Buffer {
  let most = 0;
  // No character of a JavaScript text takes more than three bytes.
  for (const value of values) most += 4 + (value === null ? 0 : value.length * 3);
  const buffer = begin(25, values.length, true, most);
  let at = HEADER;
  for (const value of values) {
    const length = value === null ? -1 : write(buffer, value, at + 4);
    buffer.writeInt32BE(length, at);
    at += 4 + Math.max(0, length);
  }
  return buffer.subarray(0, at);
}

/** Short ASCII, which is nearly everything, is written without leaving JavaScript. */
function write(buffer: Buffer, text: string, at: number): number {
  if (text.length > 64) return buffer.write(text, at);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return buffer.write(text, at);
    buffer[at + i] = code;
  }
  return text.length;
}

function begin(type: number, count: number, nulls: boolean, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + bytes);
  buffer.writeInt32BE(count === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(nulls ? 1 : 0, 4);
  buffer.writeInt32BE(type, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return count === 0 ? buffer.subarray(0, 12) : buffer;
}
