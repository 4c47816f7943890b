/** Knows where partitions end, and wakes those who wait for more: by NOTIFY at once, and by asking every second in case a message or the connection was lost. */
import pg from 'pg';
import type { Database } from '../../database/database.js';
import { GROUP_CHANNEL } from '../consume.js';
import { ask, pause } from '../outage.js';

export interface Heads {
  /** Resolves with the end of the partition once that lies beyond `offset`, or with `undefined` once `signal` is aborted. */
  beyond(topic: number, partition: number, offset: number, signal: AbortSignal): Promise<number | undefined>;
  /** Resolves when members of the group came or went, at the latest after `limit` milliseconds, or with `signal`. */
  change(group: string, limit: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const POLL = 1_000;

export function headsOf(database: Database, url: string): Heads {
  const closed = new AbortController();
  const ends = new Map<string, number>();
  const waiting = new Set<{ topic: number; place: string; offset: number; wake: () => void }>();
  const changes = new Map<string, Set<() => void>>();
  let client: pg.Client | undefined;
  let running: Promise<void> | undefined;
  let polling = false;

  const move = (place: string, end: number) => {
    if (end > (ends.get(place) ?? -1)) ends.set(place, end);
  };
  const wake = () => {
    for (const one of waiting) if ((ends.get(one.place) ?? -1) > one.offset) one.wake();
  };
  const poll = async () => {
    if (waiting.size === 0 || polling) return;
    polling = true;
    try {
      const { rows } = await ask(database, {
        name: 'log_heads',
        text: 'SELECT topic, partition, next_offset FROM log_partition WHERE topic = ANY($1)',
        values: [[...new Set([...waiting].map(({ topic }) => topic))]],
      }, 5_000);
      for (const row of rows as { topic: number; partition: number; next_offset: string }[]) move(`${row.topic}:${row.partition}`, Number(row.next_offset));
      wake();
    } catch {
      // Asked again in a second.
    } finally {
      polling = false;
    }
  };
  const heard = ({ channel, payload = '' }: pg.Notification) => {
    if (channel === GROUP_CHANNEL) {
      changes.get(payload)?.forEach((changed) => changed());
    } else if (payload === '*') {
      void poll();
    } else {
      for (const said of payload.split(',')) {
        const at = said.lastIndexOf(':');
        move(said.slice(0, at), Number(said.slice(at + 1)));
      }
      wake();
    }
  };
  const listen = async () => {
    while (!closed.signal.aborted) {
      const opened = new pg.Client({ connectionString: url, application_name: 'sasando log', keepAlive: true, connectionTimeoutMillis: 5_000 });
      const ended = new Promise<void>((done) => {
        opened.on('error', () => done());
        opened.on('end', () => done());
      });
      opened.on('notification', heard);
      try {
        client = opened;
        await opened.connect();
        await opened.query(`LISTEN sasando_log; LISTEN ${GROUP_CHANNEL}`);
        void poll();
        await ended;
      } catch {
        await opened.end().catch(() => undefined);
      }
      await pause(200, closed.signal);
    }
  };
  const start = () => {
    if (running || closed.signal.aborted) return;
    const timer = setInterval(() => void poll(), POLL);
    closed.signal.addEventListener('abort', () => clearInterval(timer));
    running = listen();
  };

  return {
    beyond: (topic, partition, offset, signal) => {
      start();
      const place = `${topic}:${partition}`;
      const end = () => ends.get(place) ?? -1;
      if (end() > offset || signal.aborted) return Promise.resolve(signal.aborted ? undefined : end());
      return new Promise((done) => {
        const finish = () => {
          waiting.delete(one);
          signal.removeEventListener('abort', finish);
          done(end() > offset ? end() : undefined);
        };
        const one = { topic, place, offset, wake: finish };
        waiting.add(one);
        signal.addEventListener('abort', finish);
        if (!ends.has(place)) void poll();
      });
    },
    change: (group, limit, signal) => {
      start();
      return new Promise((done) => {
        const listeners = changes.get(group) ?? new Set();
        changes.set(group, listeners);
        const finish = () => {
          clearTimeout(timer);
          listeners.delete(finish);
          signal.removeEventListener('abort', finish);
          done();
        };
        const timer = setTimeout(finish, limit);
        listeners.add(finish);
        if (signal.aborted) finish();
        else signal.addEventListener('abort', finish);
      });
    },
    close: async () => {
      closed.abort();
      await client?.end().catch(() => undefined);
      await running;
    },
  };
}
