/** The inner parts of kafkajs 2.2.4 that this engine uses: see client.ts. */
declare module 'kafkajs/src/network/connectionPool.js' {
  export interface Request {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<import('kafkajs/src/protocol/encoder.js').default>;
  }
  export interface Response<T> {
    readonly decode: (raw: Buffer) => Promise<T>;
    readonly parse: (data: T) => Promise<T>;
  }
  export interface Connection {
    readonly socket?: import('node:net').Socket;
    isConnected(): boolean;
    rejectRequests(error: Error): void;
    send<T>(exchange: { request: Request; response: Response<T>; requestTimeout?: number; logResponseError?: boolean }): Promise<T>;
  }
  export default class ConnectionPool {
    constructor(options: object);
    readonly pool: Connection[];
    getConnection: (index: number) => Promise<Connection>;
    destroy(): Promise<void>;
  }
}

declare module 'kafkajs/src/broker/index.js' {
  import type ConnectionPool from 'kafkajs/src/network/connectionPool.js';
  interface TopicPartitions<P> {
    readonly topic: string;
    readonly partitions: readonly P[];
  }
  export interface ClusterMetadata {
    readonly brokers: readonly { nodeId: number; host: string; port: number }[];
    readonly topicMetadata: readonly { topicErrorCode: number; topic: string; isInternal: boolean; partitionMetadata: readonly { partitionId: number; leader: number }[] }[];
  }
  export default class Broker {
    constructor(options: object);
    connect(): Promise<void>;
    metadata(topics: string[]): Promise<ClusterMetadata>;
    findGroupCoordinator(options: { groupId: string; coordinatorType: 0 | 1 }): Promise<{ coordinator: { nodeId: number; host: string; port: number } }>;
    initProducerId(options: { transactionalId: string; transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>;
    addPartitionsToTxn(options: { transactionalId: string; producerId: string; producerEpoch: number; topics: TopicPartitions<number>[] }): Promise<unknown>;
    endTxn(options: { transactionalId: string; producerId: string; producerEpoch: number; transactionResult: boolean }): Promise<unknown>;
    listOffsets(options: { isolationLevel: 0 | 1; topics: TopicPartitions<{ partition: number; timestamp: string }>[] }): Promise<{ responses: TopicPartitions<{ partition: number; offset: string }>[] }>;
    offsetCommit(options: { groupId: string; groupGenerationId: number; memberId: string; topics: TopicPartitions<{ partition: number; offset: string }>[] }): Promise<unknown>;
    readonly connectionPool: ConnectionPool;
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function socketFactory(): unknown;
}

declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: { level: number; logCreator: () => () => void }): { namespace: (name: string) => unknown };
  const loggers: { createLogger: typeof createLogger };
  export default loggers;
}

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    constructor(initialSize?: number);
    readonly buffer: Buffer;
    writeInt8(value: number): this;
    writeInt16(value: number): this;
    writeInt32(value: number): this;
    writeInt64(value: number | string): this;
    writeString(value: string | null): this;
    writeBytes(value: Buffer): this;
  }
}

declare module 'kafkajs/src/protocol/requests/produce/v7/response.js' {
  interface Produced {
    readonly topics: readonly { topicName: string; partitions: readonly { partition: number; errorCode: number; baseOffset: string }[] }[];
  }
  const response: import('kafkajs/src/network/connectionPool.js').Response<Produced>;
  export default response;
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/request.js' {
  export default function request(options: {
    replicaId: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: 0 | 1;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): import('kafkajs/src/network/connectionPool.js').Request;
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  export default function crc32C(data: Buffer): number;
}

declare module 'kafkajs/src/protocol/error.js' {
  const errors: { createErrorFromCode(code: number): Error };
  export default errors;
}
