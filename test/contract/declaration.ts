/** What must hold for what every connector declares of itself, whichever its direction. */
import { expect, test } from '@jest/globals';
import type { Connector } from '../../hub/connector.js';
import { SettingsError } from '../../hub/errors.js';
import type { JsonObject } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';

/** Settings with several faults and the dotted path of each. */
export interface Faulty {
  readonly settings: JsonObject;
  readonly paths: readonly string[];
}

/** Declares the tests; `direction` is the function that the connector must have. */
export function testDeclaration(connector: Connector, direction: 'read' | 'write', faulty: Faulty): void {
  test('says about itself what people need', () => {
    expect(connector.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(connector.summary).toMatch(/\.$/);
    expect(connector[direction]).toBeInstanceOf(Function);
  });

  test('names every fault of its settings', () => {
    let thrown: unknown;
    try {
      parseSettings(connector.settings, faulty.settings, 'settings');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SettingsError);
    expect((thrown as SettingsError).faults.map((fault) => fault.path).sort()).toEqual([...faulty.paths].sort());
  });
}
