/** Joins what the registry knows of a topic (its latest contract, its schema id) to what the runtime asks: key, faults, encoding, decoding. */
import { SettingsError } from './errors.js';
import type { TopicSpec } from './log/log.js';
import type { References } from './pipeline/codes.js';
import type { Json } from './record.js';
import { type Decoder, encode } from './registry/codec.js';
import type { Contract } from './registry/contract.js';
import { compileValidator } from './registry/validate.js';
import type { Contracts, TopicContract } from './runtime/contracts.js';

export interface Registered {
  readonly contract: Contract;
  /** Schema id of the contract's text. */
  readonly id: number;
}

/** @param find the latest contract of a topic, asked again on each `of()` so that a new version is used by whoever starts after it. */
export function joinContracts(find: (topic: string) => Registered | undefined, references: References, codec: Decoder, now: () => Date): Contracts {
  const compiled = new WeakMap<Contract, TopicContract>();
  return {
    of(topic) {
      const found = find(topic);
      if (!found) throw new SettingsError([{ path: 'topic', message: `topik ${topic} belum punya kontrak; tulis schemas/${topic.replace('.', '/')}.avsc` }]);
      let known = compiled.get(found.contract);
      if (!known) compiled.set(found.contract, (known = compile(found, references, now)));
      return known;
    },
    prepare: (values) => codec.prepare(values),
    decode: (value) => codec.decode(value),
  };
}

function compile({ contract, id }: Registered, references: References, now: () => Date): TopicContract {
  const fields = contract.key;
  return {
    owner: contract.owner,
    keyFields: fields,
    key(value) {
      if (fields.length === 1) return keyText(value[fields[0]!]);
      const parts = fields.map((name) => keyText(value[name]));
      return parts.every((part) => part !== undefined) ? parts.join('|') : undefined;
    },
    validate: compileValidator(contract, references, now),
    encode: (value) => encode(contract, id, value),
  };
}

function keyText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The topic that a contract asks for. */
export function topicSpec(contract: Contract): TopicSpec {
  const { topic: name, partitions, cleanup, retention } = contract;
  // A compacted topic keeps the latest of each key; how long data may be kept at all is another matter than when records go.
  return { name, partitions, cleanup, ...(cleanup === 'time' && retention !== undefined && { retention: milliseconds(retention) }) };
}

const DAY = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { Y: 365 * DAY, M: 30 * DAY, W: 7 * DAY, D: DAY, TH: 3_600_000, TM: 60_000, TS: 1_000 };

/** Of an ISO 8601 duration that the contract's parser let through; years count 365 days, months 30. */
function milliseconds(duration: string): number {
  const [date = '', clock = ''] = duration.slice(1).split('T');
  const sum = (part: string, prefix: string): number => [...part.matchAll(/(\d+)([A-Z])/g)].reduce((total, [, number, unit]) => total + Number(number) * UNITS[prefix + unit!]!, 0);
  return sum(date, '') + sum(clock, 'T');
}
