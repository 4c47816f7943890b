/** Digits that may name a person are shortened wherever text leaves the hub outside of a record: errors, log lines, addresses. */

/** Masks NIK, No KK (16 digits) and NIP (18 digits), with or without separators inside longer text; the last four stay. */
export function maskIdentities(text: string): string {
  return text.replace(/(?<!\d)\d{12,14}(\d{4})(?!\d)/g, (found, last: string) => '*'.repeat(found.length - 4) + last);
}
