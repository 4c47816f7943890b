/** Which partition a key belongs to: murmur2 as in Kafka's default partitioner, so that both engines and foreign Kafka clients agree. */

/** Partition of a key among `partitions`. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

let scratch = Buffer.alloc(256);

/** 32-bit MurmurHash2 of the key's UTF-8 bytes with Kafka's seed. */
export function murmur2(key: string): number {
  // At most three bytes for each UTF-16 unit.
  if (key.length * 3 > scratch.length) scratch = Buffer.alloc(key.length * 6);
  const length = scratch.write(key, 'utf8');
  const M = 0x5bd1e995;
  let hash = 0x9747b28c ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k = scratch[at]! | (scratch[at + 1]! << 8) | (scratch[at + 2]! << 16) | (scratch[at + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(k, M);
  }
  if (at < length) {
    if (length - at === 3) hash ^= scratch[at + 2]! << 16;
    if (length - at >= 2) hash ^= scratch[at + 1]! << 8;
    hash = Math.imul(hash ^ scratch[at]!, M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
