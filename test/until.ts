/** Waiting for a condition instead of sleeping. */

/** Asks again until `condition` answers something true. @throws Error after 20 s, or after `seconds`. */
export async function until<T>(condition: () => Promise<T | undefined | false>, seconds = 20): Promise<T> {
  for (const limit = Date.now() + seconds * 1_000; Date.now() < limit; await new Promise((done) => setTimeout(done, 20))) {
    const found = await condition();
    if (found) return found;
  }
  throw new Error(`The condition did not come true within ${seconds} s`);
}
