/**
 * Regular expressions that cannot hang: all alternatives advance together (Thompson's construction), so time grows with text × pattern and never faster.
 * The language is the part of RE2 that CEL promises and people use: classes, groups, alternation, `* + ? {n,m}`, `^ $ \b`, and `(?i)` in front.
 */

/** Longest text that is searched and largest compiled pattern: together they bound the time of one search to some tens of milliseconds. */
const MAX_TEXT = 20_000;
const MAX_PROGRAM = 500;

type Test = (code: number) => boolean;
type Instruction =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'split'; readonly ways: number[] }
  | { readonly kind: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly kind: 'match' };
type Node =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly least: number; readonly most: number };

/** Compiles a pattern into a search. @throws Error with a sentence for a pattern that is malformed, too large or outside the language. */
export function compilePattern(pattern: string): (text: string) => boolean {
  const program: Instruction[] = [];
  emit(parsePattern(pattern), program);
  program.push({ kind: 'match' });
  return (text) => {
    if (text.length > MAX_TEXT) throw new Error(`teks lebih panjang dari ${MAX_TEXT} karakter tidak dicocokkan dengan pola`);
    return search(program, text);
  };
}

function search(program: readonly Instruction[], text: string): boolean {
  const seen = new Int32Array(program.length).fill(-1);
  let states: number[] = [];
  const stack: number[] = [];
  const length = text.length;
  let at = 0;
  const enter = (from: number, states: number[]): boolean => {
    stack.push(from);
    while (stack.length > 0) {
      const i = stack.pop()!;
      if (seen[i] === at) continue;
      seen[i] = at;
      const step = program[i]!;
      if (step.kind === 'match') return true;
      if (step.kind === 'one') states.push(i);
      else if (step.kind === 'split') stack.push(...step.ways);
      else if (holds(step.kind, text, at)) stack.push(i + 1);
    }
    return false;
  };
  for (;;) {
    if (enter(0, states)) return true;
    if (at >= length) return false;
    const code = text.codePointAt(at)!;
    const current = states;
    states = [];
    at += code > 0xffff ? 2 : 1;
    for (const i of current) {
      const step = program[i]!;
      if (step.kind === 'one' && step.test(code) && enter(i + 1, states)) return true;
    }
  }
}

function holds(kind: 'start' | 'end' | 'boundary' | 'inside', text: string, at: number): boolean {
  if (kind === 'start') return at === 0;
  if (kind === 'end') return at === text.length;
  const edge = (at > 0 && word(text.charCodeAt(at - 1))) !== (at < text.length && word(text.charCodeAt(at)));
  return kind === 'boundary' ? edge : !edge;
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > MAX_PROGRAM) throw new Error('pola terlalu besar; sederhanakan atau pecah menjadi beberapa syarat');
  switch (node.kind) {
    case 'sequence':
      for (const part of node.nodes) emit(part, program);
      return;
    case 'choice': {
      const ways: number[] = [];
      const ends: number[][] = [];
      program.push({ kind: 'split', ways });
      for (const part of node.nodes) {
        ways.push(program.length);
        emit(part, program);
        const end: number[] = [];
        ends.push(end);
        program.push({ kind: 'split', ways: end });
      }
      for (const end of ends) end.push(program.length);
      return;
    }
    case 'repeat': {
      for (let i = 0; i < node.least; i++) emit(node.node, program);
      if (node.most === Infinity) {
        const start = program.length;
        const ways = [start + 1];
        program.push({ kind: 'split', ways });
        emit(node.node, program);
        program.push({ kind: 'split', ways: [start] });
        ways.push(program.length);
        return;
      }
      const skips: number[][] = [];
      for (let i = node.least; i < node.most; i++) {
        const ways = [program.length + 1];
        skips.push(ways);
        program.push({ kind: 'split', ways });
        emit(node.node, program);
      }
      for (const ways of skips) ways.push(program.length);
      return;
    }
    default:
      program.push(node);
  }
}

function parsePattern(pattern: string): Node {
  const fold = pattern.startsWith('(?i)');
  const chars = [...(fold ? pattern.slice(4) : pattern)];
  let at = 0;
  let depth = 0;
  const fail = (why: string): never => {
    throw new Error(`pola tidak dapat dipakai: ${why}`);
  };
  const same = (char: string): Test => {
    const codes = new Set([char, ...(fold ? [char.toLowerCase(), char.toUpperCase()] : [])].map((one) => one.codePointAt(0)!));
    return codes.size === 1 ? ((only) => (code) => code === only)(char.codePointAt(0)!) : (code) => codes.has(code);
  };

  function choice(): Node {
    if (++depth > 50) fail('kurung bersarang terlalu dalam');
    const nodes = [sequence()];
    while (chars[at] === '|') {
      at++;
      nodes.push(sequence());
    }
    depth--;
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes };
  }

  function sequence(): Node {
    const nodes: Node[] = [];
    while (at < chars.length && chars[at] !== '|' && chars[at] !== ')') nodes.push(repeated(atom()));
    return { kind: 'sequence', nodes };
  }

  function repeated(node: Node): Node {
    let result = node;
    for (;;) {
      const bounds = quantifier();
      if (!bounds) return result;
      if (chars[at] === '?') at++;
      if (chars[at] === '+') fail('pengulangan ganda tidak didukung');
      result = { kind: 'repeat', node: result, ...bounds };
    }
  }

  function quantifier(): { least: number; most: number } | undefined {
    const char = chars[at];
    if (char === '*' || char === '+' || char === '?') {
      at++;
      return { least: char === '+' ? 1 : 0, most: char === '?' ? 1 : Infinity };
    }
    const found = char === '{' ? /^\{(\d{1,3})(,(\d{1,3})?)?\}/.exec(chars.slice(at, at + 9).join('')) : null;
    if (!found) return undefined;
    at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === undefined ? Infinity : Number(found[3]);
    if (most < least) fail('batas pengulangan terbalik');
    return { least, most };
  }

  function atom(): Node {
    const char = chars[at++]!;
    if (char === '(') {
      if (chars[at] === '?') {
        if (chars[at + 1] !== ':') fail('(?…) selain (?:…) dan (?i) di depan tidak didukung');
        at += 2;
      }
      const node = choice();
      if (chars[at++] !== ')') fail('kurung tidak ditutup');
      return node;
    }
    if (char === '[') return { kind: 'one', test: set() };
    if (char === '.') return { kind: 'one', test: (code) => code !== 10 };
    if (char === '^') return { kind: 'start' };
    if (char === '$') return { kind: 'end' };
    if (char === '*' || char === '+' || char === '?') return fail('pengulangan tanpa sesuatu di depannya');
    if (char !== '\\') return { kind: 'one', test: same(char) };
    if (chars[at] === 'b' || chars[at] === 'B') return { kind: chars[at++] === 'b' ? 'boundary' : 'inside' };
    return { kind: 'one', test: escape() };
  }

  function escape(): Test {
    const char = chars[at++] ?? fail('garis miring terbalik di akhir pola');
    const named = CLASSES[char];
    if (named) return named;
    const control = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' }[char];
    if (control === undefined && /[A-Za-z0-9]/.test(char)) fail(`\\${char} tidak didukung`);
    return same(control ?? char);
  }

  function set(): Test {
    const negated = chars[at] === '^';
    if (negated) at++;
    const tests: Test[] = [];
    for (let first = true; ; first = false) {
      if (at >= chars.length) fail('kurung siku tidak ditutup');
      if (chars[at] === ']' && !first) break;
      const char = chars[at++]!;
      if (char === '\\') tests.push(escape());
      else if (chars[at] === '-' && at + 1 < chars.length && chars[at + 1] !== ']') {
        const last = chars[at + 1] === '\\' ? fail('akhir rentang tidak boleh berupa \\') : chars[at + 1]!;
        at += 2;
        const [low, high] = [char.codePointAt(0)!, last.codePointAt(0)!];
        if (high < low) fail('rentang terbalik');
        tests.push((code) => code >= low && code <= high);
        if (fold) tests.push((code) => [...folded(code)].some((other) => other >= low && other <= high));
      } else tests.push(same(char));
    }
    at++;
    return negated ? (code) => !tests.some((test) => test(code)) : (code) => tests.some((test) => test(code));
  }

  const node = choice();
  if (at < chars.length) fail('kurung tutup tanpa kurung buka');
  return node;
}

function folded(code: number): Set<number> {
  const char = String.fromCodePoint(code);
  return new Set([char.toLowerCase().codePointAt(0)!, char.toUpperCase().codePointAt(0)!]);
}

const digit: Test = (code) => code >= 48 && code <= 57;
const word: Test = (code) => digit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const space: Test = (code) => code === 32 || (code >= 9 && code <= 13) || code === 160;
const CLASSES: Record<string, Test> = { d: digit, D: (code) => !digit(code), w: word, W: (code) => !word(code), s: space, S: (code) => !space(code) };
