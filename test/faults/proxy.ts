/** A TCP proxy that can lose answers: what a network does between a commit and its acknowledgement. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** From the next request that `fits` on nothing of the server's answers arrives; requests still do. Resolves once the answer to that request is lost. */
  swallow(fits: (request: Buffer) => boolean): Promise<void>;
  /** Breaks every connection and lets answers pass again on new ones. */
  restore(): void;
  close(): Promise<void>;
}

export async function startProxy(target: { host: string; port: number }): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let awaited: { fits: (request: Buffer) => boolean; asked?: Socket; lost: () => void } | undefined;
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (awaited && !awaited.asked && awaited.fits(bytes)) awaited.asked = upstream;
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!awaited?.asked) client.write(bytes);
      else if (awaited.asked === upstream) awaited.lost();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    swallow: (fits) => new Promise((lost) => (awaited = { fits, lost })),
    restore: () => {
      cut();
      awaited = undefined;
    },
    close: () => {
      cut();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
