/** How much memory the hub's process takes for records on their way. */
import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow by half of what is alive before it is cleaned, instead of several times that: about a third less memory under load, for more frequent cleaning. Called once,
 * when the process begins.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
}
