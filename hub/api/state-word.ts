/** States of instances in words. */
import type { InstanceStateName } from '../runtime/instance-status.js';

export const STATE_WORDS: Readonly<Record<InstanceStateName, string>> = {
  STARTING: 'mulai',
  STANDBY: 'siaga',
  RUNNING: 'berjalan',
  STALLED: 'macet',
  WAITING: 'menunggu',
  PAUSED: 'dijeda',
  STOPPED: 'berhenti',
  FAILED: 'gagal',
};
