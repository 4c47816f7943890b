/** Hears the notifications of one PostgreSQL channel, and comes back by itself after a lost connection. */
import type { Connection, Database } from '../database/database.js';

export interface Ear {
  /** False while the connection is away: what was learnt may be stale. */
  listening(): boolean;
  close(): Promise<void>;
}

const AGAIN_MS = 1000;

/** Resolves once it listens. `heard` gets the payload; `deaf` is called when the connection is lost and once more when it is back, since what happened between is unknown. */
export async function listen(database: Database, channel: string, { heard, deaf }: { heard: (payload: string) => void; deaf: () => void }): Promise<Ear> {
  let connection: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const open = async (): Promise<void> => {
    const opened = await database.connect();
    let lost = false;
    const lose = (error?: Error): void => {
      // After close() the connection is released already, and ends because of it.
      if (lost || (closed && connection !== opened)) return;
      lost = true;
      if (connection === opened) connection = undefined;
      opened.release(error ?? true);
      deaf();
      if (!closed) again();
    };
    opened.on('notification', ({ payload }) => heard(payload ?? ''));
    opened.on('error', lose);
    opened.on('end', () => lose());
    try {
      await opened.query(`LISTEN ${channel}`);
    } catch (error) {
      lose(error as Error);
      throw error;
    }
    connection = opened;
    if (closed) return lose();
    deaf();
  };
  const again = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void open().catch(() => !closed && again()), AGAIN_MS);
    timer.unref();
  };

  await open();
  return {
    listening: () => connection !== undefined,
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = connection;
      connection = undefined;
      if (!last) return;
      last.removeAllListeners('notification');
      // Not returned to the pool: it would go on listening for somebody else.
      last.release(true);
    },
  };
}
