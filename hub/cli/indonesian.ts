/** Makes commander's own words Indonesian: headings, the help option, and what it says about wrong arguments. */
import { type Argument, type Command, Help, type Option } from 'commander';

const TITLES: Readonly<Record<string, string>> = { 'Usage:': 'Pemakaian:', 'Options:': 'Pilihan:', 'Commands:': 'Perintah:', 'Arguments:': 'Argumen:' };

const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^error: unknown command '(.*)'/, 'Perintah "$1" tidak dikenal.'],
  [/^error: unknown option '(.*)'/, 'Pilihan "$1" tidak dikenal.'],
  [/^error: missing required argument '(.*)'/, 'Argumen <$1> wajib diisi.'],
  [/^error: option '(.*)' argument missing/, 'Pilihan "$1" perlu nilai.'],
  [/^error: required option '(.*)' not specified/, 'Pilihan "$1" wajib diisi.'],
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
    .usage([command.registeredArguments.length + command.commands.length === 0 || command.options.length > 0 ? '[pilihan]' : '', command.commands.length > 0 ? '[perintah]' : '', ...command.registeredArguments.map(argumentName)].filter(Boolean).join(' '))
    .configureHelp({ styleTitle: (title) => TITLES[title] ?? title, optionDescription, subcommandTerm })
    .configureOutput({
      outputError: (text, write) => {
        const said = tooMany(command, text) ?? SENTENCES.reduce((sentence, [pattern, words]) => sentence.replace(pattern, words), text.trimEnd());
        write(`✗ ${said}\n  Lihat "${path(command)} --help".\n`);
      },
    });
  if (command.commands.length > 0) command.helpCommand('help [perintah]', 'tampilkan bantuan satu perintah');
  for (const child of command.commands) speakIndonesian(child);
}

const plain = new Help();

function optionDescription(option: Option): string {
  return plain.optionDescription(option).replace('choices:', 'pilihan:').replace('default:', 'bawaan:').replaceAll('"', '');
}

function subcommandTerm(command: Command): string {
  return [command.name(), command.options.length > 0 ? '[pilihan]' : '', ...command.registeredArguments.map(argumentName)].filter(Boolean).join(' ');
}

function argumentName(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Says which words are too many. One that is no command of a group was handed to the group's default command. */
function tooMany(command: Command, text: string): string | undefined {
  if (!/^error: too many arguments/.test(text)) return undefined;
  const [word] = command.parent?.args ?? [];
  if (command.parent?.parent && word !== undefined && word !== command.name()) return `Perintah "${path(command.parent)} ${word}" tidak dikenal. Yang ada: ${command.parent.commands.map((one) => one.name()).join(', ')}.`;
  const wanted = command.registeredArguments.length;
  const given = command.args.join(', ');
  return wanted === 0 ? `Perintah ini tidak memakai argumen, tetapi diberi: ${given}.` : `Terlalu banyak argumen: ${wanted} yang dipakai, ${command.args.length} yang diberikan (${given}). Apit yang berisi spasi dengan tanda kutip.`;
}

/** What `help NAME` asks for although there is no such command: commander prints all help then, without a word. */
export function strangeHelp(program: Command, words: readonly string[]): string | undefined {
  let command = program;
  for (const [index, word] of words.entries()) {
    if (word === 'help') {
      const wanted = words[index + 1];
      const known = wanted === undefined || wanted.startsWith('-') || command.commands.some((one) => one.name() === wanted) || wanted === 'help';
      return known ? undefined : `Perintah "${wanted}" tidak dikenal. Yang ada: ${command.commands.map((one) => one.name()).join(', ')}.`;
    }
    const next = command.commands.find((one) => one.name() === word);
    if (!next) return undefined;
    command = next;
  }
  return undefined;
}

function path(command: Command): string {
  return [command.parent && path(command.parent), command.name()].filter(Boolean).join(' ');
}
