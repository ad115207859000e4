/** Every name that says that its value is a secret contains one of these texts, in lower case. */
export const nameWords = ["pass", "pwd", "secret", "token", "credential", "key"];

/**
 * A value after a name that says that it is a secret: in JSON and YAML, as `KEY=value`, as a header, as a flag. Starts at
 * the word and ignores the rest of the name before it, so that the cost is linear in the length of a line.
 */
const named = new RegExp(
  [
    "(?<word>pass(?:word|wd|phrase|code)|pwd|secret(?:[_-]?key(?:[_-]?base)?)?|token|credentials?",
    "|(?:api|access|auth|private|signing|encryption|master|account|license|shared|session)[_-]?key)",
    String.raw`(?<number>[_-]?\d{0,2})(?<sign>\\{0,3}["']?\s{0,8}(?:=>|:=|[:=])\s{0,8}|\s{1,2})`,
    String.raw`(?<quote>\\{0,3}["'\x60]?)(?<value>[^\s"'\x60\\]{1,4096})`,
  ].join(""),
  "gi",
);

/** Placeholders instead of a value: a reference, a mask, an example to fill in, a word for nothing, a type. */
const noValue =
  /^(?:\$|%\w|\{\{|<|\[|\(|\*{2,}|x{3,}$|\.{3}|…|process\.|os\.|env[.[(]|ENV\[|secrets?\.|self\.|this\.|config\.|vars?\.|data\.|module\.|(?:true|false|null|nil|none|undefined|empty|unset|missing|required|optional|string|str|text|bool|boolean|number|int|integer|float|any|object|bytes?|buffer|function|void|unknown|never|hidden|masked|redacted|yes|no|not|is|was|and|or|the|a|for|from|to|in|of|must|invalid|expired|ok)[,;.!:)}\]]*$)|^.?$|\*{3}/i;

/** The beginning of a line: indentation, the sign of a list or a diff, the name of a service, the start of a name. */
const lineBegins = /^(?:\[?[\w./@-]{1,40}\]? +[|>] )?[\s+>{-]*["']?[\w.-]{0,60}$/;

/** Words of parsers about tokens, and of tools about passwords. */
const prose =
  /\b(?:unexpected|invalid|illegal|unknown|expected|bad|missing|next|current|previous|unrecognized|stray|syntax|lexer|parse\w*|no|without|a|the|of|wrong|incorrect)\s+["'`]?\w*$/i;

interface Groups {
  word: string;
  number: string;
  sign: string;
  quote: string;
  value: string;
}

/** `text` with each value after such a name replaced. */
export function withoutNamedSecrets(text: string): string {
  return text.replace(named, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Groups;
    const at = rest.at(-3) as number;
    const { word, number, sign, quote } = groups;
    const before = text.slice(Math.max(0, at - 120), at);
    const value = bareValue(groups, text.slice(at + match.length, at + match.length + 1));
    if (value === "" || noValue.test(value) || !isSecret(groups, value, before, at <= 120)) return match;
    return `${word}${number}${sign}${quote}[redacted ${word.toLowerCase()}]${groups.value.slice(value.length)}`;
  });
}

/** The value without the punctuation after it. */
function bareValue({ quote, value }: Groups, next: string): string {
  if (quote !== "" && /["'`\\]/.test(next)) return value;
  return /^[^,;&)}\]]*/.exec(value)?.[0] ?? "";
}

function isSecret({ word, sign, quote }: Groups, value: string, before: string, isNear: boolean): boolean {
  // A reference to a variable; the shell's working directory.
  if (/\$\{?\w*$/.test(before) || (/^pwd$/i.test(word) && !isPasswordPwd(value, before))) return false;
  // `--token value` is a flag, `token value` is not.
  const isFlag = /(?:^|[\s"'])--?[\w-]*$/.test(before);
  if (/^\s+$/.test(sign)) return isFlag && !value.startsWith("-");
  // A comparison, an arrow, a path in code, a call.
  if (/^[=>:]/.test(value) || (quote === "" && /[([]/.test(value))) return false;
  if (quote !== "" || isFlag) return true;
  if (prose.test(before)) return false;
  if (isNear && lineBegins.test(before)) return !isTypeName(value, sign);
  if (sign === "=") return !/[(,]\s*\w*$/.test(before) || !/^[a-z_]+$/.test(value);
  return /^pass|^pwd/i.test(word) ? value.length >= 4 && /[\d\W]|[a-z][A-Z]/.test(value) : isRandom(value);
}

/** `DB_PWD` and `;Pwd=` are passwords, `PWD` and `OLDPWD` are folders. */
const isPasswordPwd = (value: string, before: string): boolean =>
  /[\w;"'-]$/.test(before) && !/^(?:[/~]|[A-Za-z]:)/.test(value);

/** `password: String` declares something. */
const isTypeName = (value: string, sign: string): boolean =>
  sign.includes(":") && /^(?:[A-Z][A-Za-z]*(?:<.*>)?\??|&?'?\w*(?:<.*>))[,;]?$/.test(value);

const isRandom = (value: string): boolean =>
  value.length >= 8 && /\d/.test(value) && /[A-Za-z]/.test(value) && /^[\w+/=.~-]+$/.test(value);
