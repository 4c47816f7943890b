/** When an instance runs: cron in the time of Kupang, or every so many seconds. Pure: the time is an argument. */
import cron from 'node-cron';
import { TIME_ZONE, UTC_OFFSET } from '../calendar.js';
import { parseDuration } from '../duration.js';

const DAY = 24 * 3_600_000;

export interface Schedule {
  /** First moment after `time` at which a run is due; undefined where there will be none. */
  next(time: Date): Date | undefined;
}

/** @throws Error with a sentence naming what is wrong with the text. */
export function parseCron(expression: string): Schedule {
  const checked = cron.validateDetailed(expression);
  if (!checked.valid || !checked.fields) {
    throw new Error(`jadwal "${expression}" tidak dikenal (${checked.errors.map((error) => error.message).join('; ')}); contoh yang benar: "*/5 * * * *" (menit jam tanggal bulan hari, WITA)`);
  }
  const { hour, minute, second } = checked.fields;
  const times = hour.flatMap((h) => minute.flatMap((m) => second.map((s) => ((h * 60 + m) * 60 + s) * 1000))).sort((a, b) => a - b);
  const task = cron.createTask(expression, () => undefined, { timezone: TIME_ZONE });
  const first = times[0];
  const next = (time: Date): Date | undefined => {
    const midnight = Math.floor((time.getTime() + UTC_OFFSET) / DAY) * DAY - UTC_OFFSET;
    for (let day = midnight; day < midnight + 9 * 366 * DAY; day += DAY) {
      if (first === undefined || !task.match(new Date(day + first))) continue;
      const found = times.find((inDay) => day + inDay > time.getTime());
      if (found !== undefined) return new Date(day + found);
    }
    return undefined;
  };
  void task.destroy();
  return { next };
}

/** `10s`, `5m`, `1h`. @throws Error with a sentence naming what is wrong with the text. */
export function parseEvery(text: string): Schedule {
  const every = parseDuration(text);
  return { next: (time) => new Date(time.getTime() + every) };
}

/**
 * When the next run is due: at once where none was ever finished or one was missed during a downtime (once, however many were missed). A last run that lies ahead was
 * noted before the clock was set back: it counts as now, so that nothing waits for the old time to come again.
 */
export function nextRun(schedule: Schedule, lastRun: Date | undefined, now: Date): Date | undefined {
  if (!lastRun) return now;
  const due = schedule.next(lastRun > now ? now : lastRun);
  return due && due < now ? now : due;
}
