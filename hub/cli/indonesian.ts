/** Makes commander's own words Indonesian: headings, the help option, and what it says about wrong arguments. */
import type { Command } from 'commander';

const TITLES: Readonly<Record<string, string>> = { 'Usage:': 'Pemakaian:', 'Options:': 'Pilihan:', 'Commands:': 'Perintah:', 'Arguments:': 'Argumen:' };

const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^error: unknown command '(.*)'/, 'Perintah "$1" tidak dikenal.'],
  [/^error: unknown option '(.*)'/, 'Pilihan "$1" tidak dikenal.'],
  [/^error: missing required argument '(.*)'/, 'Argumen <$1> wajib diisi.'],
  [/^error: option '(.*)' argument missing/, 'Pilihan "$1" perlu nilai.'],
  [/^error: required option '(.*)' not specified/, 'Pilihan "$1" wajib diisi.'],
  [/^error: too many arguments.*/, 'Terlalu banyak argumen.'],
  [/^error: option '(.*)' argument '(.*)' is invalid\. Allowed choices are (.*)\./, 'Pilihan "$1" tidak mengenal "$2"; pilih salah satu: $3.'],
  [/^error: option '(.*)' argument '(.*)' is invalid\. /, 'Nilai "$2" untuk pilihan "$1" salah: '],
  [/^error: command-argument value '(.*)' is invalid for argument '(.*)'\. Allowed choices are (.*)\./, 'Argumen <$2> tidak mengenal "$1"; pilih salah satu: $3.'],
  [/\(Did you mean (.*)\?\)/, 'Maksudnya $1?'],
  [/Did you mean one of (.*)\?/, 'Maksudnya salah satu dari $1?'],
];

/** Applies to a command and everything below it. Exits become exceptions, so that the caller sets the exit code. */
export function speakIndonesian(command: Command): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'tampilkan bantuan')
    .configureHelp({ styleTitle: (title) => TITLES[title] ?? title })
    .configureOutput({
      outputError: (text, write) => {
        const said = SENTENCES.reduce((sentence, [pattern, words]) => sentence.replace(pattern, words), text.trimEnd());
        write(`✗ ${said}\n  Lihat "${path(command)} --help".\n`);
      },
    });
  if (command.commands.length > 0) command.helpCommand('help [perintah]', 'tampilkan bantuan satu perintah');
  for (const child of command.commands) speakIndonesian(child);
}

function path(command: Command): string {
  return [command.parent && path(command.parent), command.name()].filter(Boolean).join(' ');
}
