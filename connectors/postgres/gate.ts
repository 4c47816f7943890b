/** For tests: a gate in front of a real PostgreSQL that can fall silent or break in the middle of an answer. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type pg from 'pg';

export interface Gate {
  /** The database's address through this gate. */
  readonly url: string;
  /** Connections are taken, nothing passes any more. */
  stall(): void;
  /** The next connection breaks once the server has sent so many bytes; later ones pass. */
  breakAfter(bytes: number): void;
  /** The next COMMIT reaches the server, its answer never comes back. */
  swallowCommit(): void;
  close(): Promise<void>;
}

export async function startGate(databaseUrl: string): Promise<Gate> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let stalled = false;
  let limit = Infinity;
  let swallowing = false;
  const server = createServer((inside) => {
    const outside = connect(Number(target.port), target.hostname);
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        inside.destroy();
        outside.destroy();
      });
    }
    let sent = 0;
    let committing = false;
    outside.on('data', (chunk) => {
      if (stalled) return;
      if (committing) return void inside.destroy();
      sent += chunk.length;
      if (sent > limit) {
        limit = Infinity;
        inside.write(chunk.subarray(0, chunk.length >> 1), () => inside.destroy());
      } else inside.write(chunk);
    });
    inside.on('data', (chunk) => {
      if (swallowing && chunk.includes('COMMIT')) {
        swallowing = false;
        committing = true;
      }
      outside.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    stall: () => void (stalled = true),
    breakAfter: (bytes) => void (limit = bytes),
    swallowCommit: () => void (swallowing = true),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** For tests: a user of its own behind a gate, whose connections can be refused as too many. */
export async function openRole(admin: pg.Pool, url: string, table: string): Promise<{ role: string; gate: Gate; overload(): Promise<{ retryAfter?: number }> }> {
  const role = `peran_${table}_${new URL(url).pathname.slice(-8)}`;
  await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'benar'; GRANT ALL ON ${table} TO ${role}; GRANT CREATE ON SCHEMA public TO ${role}`);
  const address = new URL(url);
  address.username = role;
  address.password = 'benar';
  return {
    role,
    gate: await startGate(address.href),
    async overload() {
      await admin.query(`ALTER ROLE ${role} CONNECTION LIMIT 0; SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '${role}'`);
      return {};
    },
  };
}
