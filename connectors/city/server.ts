/** The HTTP side of a simulated agency: a real socket on 127.0.0.1, with faults that can be switched on. */
import type { AddressInfo } from 'node:net';
import express, { type Express, type Request, type Response } from 'express';

/** What may go wrong at an agency. All off at first; `sasando city fault` switches them. */
export interface Faults {
  /** The machine is gone: connections are cut. */
  down: boolean;
  /** Answers 429 with this many seconds of Retry-After. */
  retryAfter: number | undefined;
  /** Every call fails with 503. */
  unavailable: boolean;
  /** Calls are taken and never answered. */
  silent: boolean;
  /** The nth call from now is carried out and its answer breaks off in its middle; 0 when none does. */
  breakOff: number;
}

export interface SimulatedServer {
  readonly url: string;
  readonly faults: Faults;
  close(): Promise<void>;
}

/** Starts an agency's server; `routes` adds its calls. `request.body` is the parsed form or JSON, at most 1 MB. */
export async function startServer(routes: (app: Express) => void, port = 0): Promise<SimulatedServer> {
  const faults: Faults = { down: false, retryAfter: undefined, unavailable: false, silent: false, breakOff: 0 };
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    if (faults.down) request.socket.destroy();
    else if (faults.retryAfter !== undefined) response.status(429).set('Retry-After', String(faults.retryAfter)).json({ message: 'Too Many Requests' });
    else if (faults.unavailable) response.status(503).json({ message: 'Service Unavailable' });
    else if (!faults.silent) {
      if (faults.breakOff > 0 && --faults.breakOff === 0) breakOffAnswer(request, response);
      next();
    }
  });
  app.use(express.urlencoded({ extended: false }));
  app.use(express.json({ limit: '1mb' }));
  routes(app);
  const server = app.listen(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Sends the head, which announces the whole body, and its first byte; then the connection is gone. */
function breakOffAnswer(request: Request, response: Response): void {
  response.end = ((): Response => {
    response.write('{', () => request.socket.destroy());
    return response;
  }) as unknown as Response['end'];
}
