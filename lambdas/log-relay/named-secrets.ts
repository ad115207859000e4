/** Every name that marks its value as a secret contains one of these texts, in lower case. */
export const nameWords = ["pass", "pwd", "secret", "token", "credential", "key"];

/** The words that end a name of a secret. `DB_PASS` is one, `pass` alone is not. */
const words = [
  "pass(?:word|wd|phrase|code)|(?:(?<=[a-z0-9][_-]|(?:^|[\\s\"'])--)|ssh|db|root|admin|bind|store|key)pass(?![a-z_-])|pwd|secret(?:[_-]?key(?:[_-]?base)?)?|token|credentials?",
  "|(?:api|access|auth|private|signing|encryption|decryption|master|account|license|shared|session|subscription|service",
  "|deploy|consumer|fernet|hmac|app)[_-]?key",
].join("");

/** In UTF-16 units. */
const longestValue = 4096;

/**
 * A value after a name that marks it as a secret: in JSON, YAML and XML, as `KEY=value`, as a header, or as a flag.
 * Starts at the word and ignores the rest of the name before it, so the cost is linear in the length of a line.
 */
const named = new RegExp(
  [
    `(?<word>${words})(?<number>[_-]?\\d{0,2})`,
    String.raw`(?<sign>\\{0,3}["']?\s{0,8}(?:=>|:=|[:=])\s{0,8}|>|\s(?:is|was):\s{1,2}|\\{0,3}["']?,?\s{1,2})`,
    String.raw`(?<quote>\\{0,3}["'\x60]?)(?<begin>[^\s"'\x60\\]{1,${longestValue}})`,
  ].join(""),
  "gi",
);

/** A name and its value as two entries of one object: `"name": "DB_PASSWORD", "value": "…"`. */
const entry = new RegExp(
  [
    String.raw`(?<begin>(?:name|key)[\s"'\\]{0,8}[:=][\s"'\\]{0,8}[\w.-]{0,60}(?:${words})[\d_-]{0,4}["'\\]{0,4}[\s,]{1,8}`,
    String.raw`["'\\]{0,4}\w{0,20}value[\s"'\\]{0,8}[:=][\s"'\\]{0,8})(?<value>[^\s"'\\,;}]{1,4096})`,
  ].join(""),
  "gi",
);

/** The name alone, and the value alone, where each has its own line. */
const nameLine = new RegExp(
  String.raw`^\W*(?:name|key)\W{1,8}[\w.-]{0,60}(?:${words})[\d_-]{0,4}\W{0,4}$`,
  "i",
);
const valueLine = /^(?<begin>\W*value["'\\]{0,4}\s{0,8}[:=][\s"'\\]{0,8})(?<value>[^\s"'\\,;}]{1,4096})/i;

/** Placeholders instead of a value: a reference, a mask, an example to fill in, a word for nothing, a type. */
const noValue =
  /^(?:\$|%\w|\{\{|<|\[|\(|\*{2,}|x{3,}$|\.{3}|…|process\.|os\.|env[.[(]|ENV\[|secrets?\.|self\.|this\.|config\.|vars?\.|data\.|module\.|(?:true|false|null|nil|none|undefined|empty|unset|missing|required|optional|string|str|text|bool|boolean|number|int|integer|float|any|object|bytes?|buffer|function|void|unknown|never|hidden|masked|redacted|yes|no|not|is|are|was|and|or|the|a|flag|option|argument|for|from|to|in|of|must|invalid|expired|ok)[,;.!:)}\]]*$)|^.?$|\*{3}/i;

/** The beginning of a line: indentation, the sign of a list or a diff, the name of a service, the start of a name. */
const lineBegins = /^(?:\[?[\w./@-]{1,40}\]? +[|>] )?[\s+>{-]*["']?[\w.-]{0,60}$/;

/** Phrases that parsers use about tokens, and tools about passwords. */
const prose =
  /\b(?:unexpected|invalid|illegal|unknown|expected|bad|missing|next|current|previous|unrecognized|stray|syntax|lexer|parse\w*|no|without|a|the|of|wrong|incorrect)\s+["'`]?\w*$/i;

interface Groups {
  word: string;
  number: string;
  sign: string;
  quote: string;
  /** Of a value in quotes, the part before the first blank, escape or other quote. */
  begin: string;
}

/** Returns `text` with each value after such a name replaced. */
export function withoutNamedSecrets(text: string): string {
  return withoutNamed(text.replace(entry, redactedEntry));
}

function withoutNamed(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (const found of text.matchAll(named)) {
    const { begin, ...names } = found.groups as unknown as Groups;
    const { word, sign, quote } = names;
    const from = found.index + found[0].length - begin.length;
    const before = text.slice(Math.max(0, found.index - 120), found.index);
    const end = quote === "" ? undefined : endOfQuoted(text, from, quote);
    const [value = ""] = end === undefined ? [bareValue(begin, sign)] : text.slice(from, end).split(/\s/, 1);
    if (found.index < copied || value === "" || noValue.test(value)) continue;
    if (!isSecret(names, value, before, found.index <= 120)) continue;
    parts.push(text.slice(copied, from), `[redacted ${word.toLowerCase()}]`);
    copied = from + value.length;
    if (end !== undefined && !sentence.test(text.slice(copied, end))) copied = end;
  }
  return parts.join("") + text.slice(copied);
}

/**
 * Where a quoted value ends, which may hold blanks, other quotes and escapes; `undefined` if it is not closed. JSON
 * within JSON quotes with a backslash, and then escapes with more of them. YAML and shells double a quote, or continue
 * after it.
 */
function endOfQuoted(text: string, from: number, quote: string): number | undefined {
  const mark = quote.slice(-1);
  const depth = quote.length - 1;
  let backslashes = 0;
  for (let at = from; at < Math.min(text.length, from + longestValue); at++) {
    const character = text[at];
    if (character === mark && backslashes % (2 * depth + 2) === depth) {
      if (depth > 0 || text[at + 1] !== mark) return at - depth;
      at += 1;
    }
    backslashes = character === "\\" ? backslashes + 1 : 0;
  }
  return undefined;
}

/** Returns `line` without its value if the line before is the name of a secret. */
export function withoutValueOf(before: string, line: string): string {
  return nameLine.test(before) ? line.replace(valueLine, redactedEntry) : line;
}

function redactedEntry(match: string, ...others: unknown[]): string {
  const { begin, value } = others.at(-1) as { begin: string; value: string };
  return noValue.test(value) ? match : `${begin}[redacted value]`;
}

/** Words of a message about a secret. Such a message stays. */
const sentence = /\s(?:must|is|are|be|should|cannot|can't|doesn't|not|required)(?:\s|$)/i;

/** The value without the punctuation after it. */
function bareValue(value: string, sign: string): string {
  return (sign === ">" ? /^[^<]*(?=<[/])/ : /^[^,;&)}\]]*/).exec(value)?.[0] ?? "";
}

function isSecret(
  { word, sign, quote }: Pick<Groups, "word" | "sign" | "quote">,
  value: string,
  before: string,
  isNear: boolean,
): boolean {
  // A reference to a variable, or the shell's working directory.
  if (/\$\{?\w*$/.test(before) || (/^pwd$/i.test(word) && !isPasswordPwd(value, before))) return false;
  if (sign === ">") return /<[\w.:-]*$/.test(before);
  // A count or a duration.
  if (/^pass$/i.test(word) && /^[\d.]+\w{0,3}$/.test(value)) return false;
  // `--token value` is a flag, and npm's `:_authToken value` is one; `token value` is not, but `PASSWORD 'value'` is SQL.
  const isFlag =
    /(?:(?:^|[\s"'])--?|:_)[\w-]*$/.test(before) || (sign.includes(",") && /\[--?[\w-]*$/.test(before));
  const isPassword = /^pass|^pwd/i.test(word);
  const looksLikeOne = value.length >= 4 && /[\d\W]|[a-z][A-Z]/.test(value);
  if (/^\s+$/.test(sign)) return isFlag ? !value.startsWith("-") : isPassword && quote !== "" && looksLikeOne;
  // The next item of a list: `["--password", "value"]`.
  if (/\s$/.test(sign) && !/[:=]/.test(sign))
    return isFlag && !value.startsWith("-") && (quote !== "" || looksLikeOne);
  // A comparison, an arrow, a path in code, or a call.
  if (/^[=>:]/.test(value) || (quote === "" && /[([]/.test(value))) return false;
  if (quote !== "" || isFlag) return true;
  if (prose.test(before)) return false;
  if (isNear && lineBegins.test(before)) return !isTypeName(value, sign);
  if (sign === "=") return !/[(,]\s*\w*$/.test(before) || !/^[a-z_]+$/.test(value);
  return isPassword ? looksLikeOne : isRandom(value);
}

/** `DB_PWD` and `;Pwd=` are passwords, `PWD` and `OLDPWD` are folders. */
const isPasswordPwd = (value: string, before: string): boolean =>
  /[\w;"'-]$/.test(before) && !/^(?:[/~]|[A-Za-z]:)/.test(value);

/** `password: String` declares something. */
const isTypeName = (value: string, sign: string): boolean =>
  sign.includes(":") && /^(?:[A-Z][A-Za-z]*(?:<.*>)?\??|&?'?\w*(?:<.*>))[,;]?$/.test(value);

const isRandom = (value: string): boolean =>
  value.length >= 8 && /\d/.test(value) && /[A-Za-z]/.test(value) && /^[\w+/=.~-]+$/.test(value);
