/**
 * Connections to Kafka. kafkajs speaks the protocol; this engine uses its connections and small requests directly instead of its producer and consumer, because those send again
 * behind our back, group records in quadratic time, and hand out aborted records when a fetch begins inside several transactions.
 */
import { Kafka, type Admin, logLevel } from 'kafkajs';
import Broker from 'kafkajs/src/broker/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import ConnectionPool, { type Request, type Response } from 'kafkajs/src/network/connectionPool.js';
import socketFactory from 'kafkajs/src/network/socketFactory.js';
import { ContractError, RetriableError } from '../../errors.js';

/** One connection to one broker. Kafka answers its requests one after another, so a reader that waits needs its own. */
export interface Link {
  readonly broker: Broker;
  /** A request that is encoded or decoded here. `timeout` in milliseconds. */
  send<T>(request: Request, response: Response<T>, timeout?: number): Promise<T>;
  /** Ends it now; requests under way fail. */
  close(): void;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Who leads which partition, at some moment. Topics have their names in Kafka. */
export interface Layout {
  readonly brokers: ReadonlyMap<number, Address>;
  /** Per topic the node that leads each partition. */
  readonly topics: ReadonlyMap<string, readonly number[]>;
}

export interface Client {
  /** Not older than `age` milliseconds. */
  layout(age?: number): Promise<Layout>;
  /** Quick requests to a node, on a connection shared with others. */
  ask<T>(node: number | Address, work: (link: Link) => Promise<T>): Promise<T>;
  /** A connection of one's own, to be closed. */
  own(address: Address): Promise<Link>;
  /** Where the coordinator of a transactional id (1) or a group (0) is. */
  coordinator(id: string, type: 0 | 1): Promise<Address>;
  admin<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const CLIENT_ID = 'sasando';
const REQUEST_TIMEOUT = 8_000;
const CONNECT_TIMEOUT = 3_000;
const LAYOUT_AGE = 2_000;

export function clientOf(brokers: readonly string[]): Client {
  const logger = loggers.createLogger({ level: logLevel.NOTHING, logCreator: () => () => undefined });
  const sharedLinks = new Map<string, Promise<Link>>();
  let known: { layout: Promise<Layout>; asked: number } | undefined;
  let admin: Promise<Admin> | undefined;
  let turn = 0;
  let closed = false;

  const own = async ({ host, port }: Address): Promise<Link> => {
    if (closed) throw new Error('Log sudah ditutup.');
    const pool = new ConnectionPool({ host, port, logger, socketFactory: socketFactory(), clientId: CLIENT_ID, requestTimeout: REQUEST_TIMEOUT, connectionTimeout: CONNECT_TIMEOUT });
    const broker = new Broker({ connectionPool: pool, logger, allowAutoTopicCreation: false });
    const close = (): void => {
      for (const connection of pool.pool) {
        connection.rejectRequests(new RetriableError('Sambungan ke broker Kafka diputus.'));
        connection.socket?.destroy();
      }
      void pool.destroy().catch(() => undefined);
    };
    try {
      await broker.connect();
    } catch (error) {
      close();
      throw outageOf(error);
    }
    // One connection for everything, and a broken one is not mended behind our back.
    pool.getConnection = async () => {
      const connection = pool.pool[0]!;
      if (!connection.isConnected()) throw new RetriableError('Sambungan ke broker Kafka terputus.');
      return connection;
    };
    return {
      broker,
      close,
      send: async (request, response, timeout = REQUEST_TIMEOUT) => {
        const connection = await pool.getConnection(0);
        return connection.send({ request, response, requestTimeout: timeout, logResponseError: false });
      },
    };
  };
  const sharedWith = (address: Address): Promise<Link> => {
    const name = `${address.host}:${address.port}`;
    const found = sharedLinks.get(name);
    if (found) return found;
    const opening = own(address);
    sharedLinks.set(name, opening);
    opening.catch(() => sharedLinks.delete(name));
    return opening;
  };
  /** On a shared connection, which is given up after any error that is not an answer. */
  const ask = async <T>(address: Address, work: (link: Link) => Promise<T>): Promise<T> => {
    const link = await sharedWith(address);
    try {
      return await work(link);
    } catch (error) {
      if (!isAnswer(error)) {
        sharedLinks.delete(`${address.host}:${address.port}`);
        link.close();
      }
      throw outageOf(error);
    }
  };
  /** Asks any broker that answers. */
  const anywhere = async <T>(work: (link: Link) => Promise<T>): Promise<T> => {
    let failure: unknown;
    for (let tried = 0; tried < brokers.length; tried++) {
      const [host, port] = splitAddress(brokers[turn % brokers.length]!);
      try {
        return await ask({ host, port }, work);
      } catch (error) {
        failure = error;
        if (isAnswer(error)) break;
        turn++;
      }
    }
    throw failure;
  };
  const look = async (): Promise<Layout> => {
    const metadata = await anywhere((link) => link.broker.metadata([]));
    return {
      brokers: new Map(metadata.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }])),
      topics: new Map(
        metadata.topicMetadata.map(({ topic, partitionMetadata }) => {
          const leaders: number[] = [];
          for (const { partitionId, leader } of partitionMetadata) leaders[partitionId] = leader;
          return [topic, leaders];
        }),
      ),
    };
  };
  const layout = (age = LAYOUT_AGE): Promise<Layout> => {
    if (known && performance.now() - known.asked <= age) return known.layout;
    const looking = { layout: look(), asked: performance.now() };
    known = looking;
    looking.layout.catch(() => known === looking && (known = undefined));
    return looking.layout;
  };
  return {
    layout,
    own,
    ask: async (node, work) => {
      const address = typeof node === 'number' ? (await layout()).brokers.get(node) : node;
      if (!address) throw new RetriableError(`Broker Kafka ${String(node)} tidak dapat dihubungi.`);
      return ask(address, work);
    },
    coordinator: async (id, coordinatorType) => (await anywhere((link) => link.broker.findGroupCoordinator({ groupId: id, coordinatorType }))).coordinator,
    admin: async (work) => {
      if (closed) throw new Error('Log sudah ditutup.');
      const kafka = () => new Kafka({ brokers: [...brokers], clientId: CLIENT_ID, logLevel: logLevel.NOTHING, connectionTimeout: CONNECT_TIMEOUT, requestTimeout: REQUEST_TIMEOUT, retry: { retries: 3, initialRetryTime: 50 } });
      const opening = (admin ??= (async () => {
        const opened = kafka().admin();
        await opened.connect();
        return opened;
      })());
      try {
        return await work(await opening);
      } catch (error) {
        if (!isAnswer(error)) {
          if (admin === opening) admin = undefined;
          void opening.then((one) => one.disconnect()).catch(() => undefined);
        }
        throw outageOf(error);
      }
    },
    close: async () => {
      closed = true;
      for (const opening of sharedLinks.values()) await opening.then((link) => link.close(), () => undefined);
      await admin?.then((one) => one.disconnect()).catch(() => undefined);
    },
  };
}

/** Kafka's word for what went wrong (`UNKNOWN_TOPIC_OR_PARTITION`), if it was Kafka that answered. */
export function kafkaType(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { type } = at as { type?: unknown };
    if (typeof type === 'string') return type;
    const [first] = (at as { errors?: unknown[] }).errors ?? [];
    if (first !== undefined && first !== at) return kafkaType(first);
  }
  return undefined;
}

/** These say that a broker is starting, moving or overloaded. */
const PASSING = new Set([
  'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION', 'REQUEST_TIMED_OUT', 'BROKER_NOT_AVAILABLE', 'REPLICA_NOT_AVAILABLE', 'NETWORK_EXCEPTION', 'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP', 'NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'NOT_CONTROLLER', 'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR', 'OFFSET_NOT_AVAILABLE', 'UNKNOWN_LEADER_EPOCH', 'FENCED_LEADER_EPOCH', 'UNKNOWN',
]);

/** Whether a broker answered, so that the connection is sound. */
function isAnswer(error: unknown): boolean {
  return kafkaType(error) !== undefined || error instanceof ContractError;
}

/** A RetriableError where the same may succeed later; otherwise the error itself. */
export function outageOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const type = kafkaType(error);
  if (type !== undefined ? PASSING.has(type) : error.name.startsWith('KafkaJS')) return new RetriableError(`Broker Kafka belum dapat melayani: ${error.message}`, { cause: error });
  return error;
}

function splitAddress(text: string): [string, number] {
  const at = text.lastIndexOf(':');
  return at < 0 ? [text, 9092] : [text.slice(0, at), Number(text.slice(at + 1))];
}
