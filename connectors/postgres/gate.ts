/** For tests: a gate in front of a real PostgreSQL that can fall silent or break in the middle of an answer. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Gate {
  /** The database's address through this gate. */
  readonly url: string;
  /** Connections are taken, nothing passes any more. */
  stall(): void;
  /** The next connection breaks once the server has sent so many bytes; later ones pass. */
  breakAfter(bytes: number): void;
  close(): Promise<void>;
}

export async function startGate(databaseUrl: string): Promise<Gate> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let stalled = false;
  let limit = Infinity;
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
    outside.on('data', (chunk) => {
      if (stalled) return;
      sent += chunk.length;
      if (sent > limit) {
        limit = Infinity;
        inside.write(chunk.subarray(0, chunk.length >> 1), () => inside.destroy());
      } else inside.write(chunk);
    });
    inside.on('data', (chunk) => outside.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    stall: () => void (stalled = true),
    breakAfter: (bytes) => void (limit = bytes),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
