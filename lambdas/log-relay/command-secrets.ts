/** A pattern for passwords in command lines. What the first group matches precedes the password and stays. */
interface CommandPattern {
  /** Every match contains one of these texts, in lower case. */
  keywords: readonly string[];
  pattern: RegExp;
  isSecret?: (match: string) => boolean;
}

/** Not a value but a variable, a mask, an example to fill in, another flag, or a mapping of ports. */
const noValue = String.raw`(?![$<*[({%]|-|\.{3}|\d[\d.:]*:\d+(?:[\s"'/]|$))`;

/** A word of a shell, with the quotes around it. */
const value = [
  `(?:"${noValue}[^"]{2,500}"|'${noValue}[^']{2,500}'`,
  String.raw`|\\{0,3}["']?${noValue}[^\s"'\\|;&]{2,500})`,
].join("");

/** How a flag and its value follow each other: as two words, attached, or either way. */
const separate = "[ =]";
const attached = "";
const either = "[ =]?";

/** Commands, their flags for a secret, and how the value follows. A keyword is in every such command. */
const flags: readonly [keyword: string, commands: string, flags: string, follows: string][] = [
  [
    "login",
    "(?:docker|podman|buildah|nerdctl|skopeo|oras|oc|cf|az|az acr|crane auth|helm registry) login",
    "-p",
    either,
  ],
  ["sshpass", "sshpass", "-p", either],
  ["keychain", "(?:unlock|create|import)-keychain", "-p", either],
  ["security", "security import", "-P", separate],
  ["partition", "security set-key-partition-list", "-k", separate],
  ["mysql", "mysql(?:dump|admin|import|check|show|slap|pump)?", "-p", attached],
  ["mariadb", String.raw`mariadb(?:-\w{2,10})?`, "-p", attached],
  ["mongo", "mongo(?:sh|dump|restore|export|import|files)?", "-p", either],
  ["redis-cli", "redis-cli", "-a", separate],
  ["sqlcmd", "sqlcmd", "-P", either],
  ["bcp", "bcp", "-P", either],
  ["zip", "(?:un)?zip", "-P", either],
  ["7z", "7z(?:a|r|z)?", "-p", attached],
  ["rar", "(?:un)?rar", "-h?p", attached],
  ["twine", "twine upload", "-p", separate],
  ["publish", "(?:vsce|ovsx) publish", "-p|--pat", separate],
  ["nuget", "nuget push", "-k", separate],
  ["doctl", "doctl auth init", "-t", separate],
  ["codecov", String.raw`codecov\S{0,60}`, "-t", separate],
  ["openssl", "openssl enc", "-k", separate],
  ["ldap", String.raw`ldap\w{2,10}`, "-w", either],
];

const afterFlag: readonly CommandPattern[] = [
  ...flags.map(([keyword, commands, names, follows]) => ({
    keywords: [keyword],
    pattern: new RegExp(
      String.raw`((?<![\w.-])(?:${commands})(?![\w.-])[^|;&]{0,300}? (?:${names})${follows})${value}`,
      "g",
    ),
  })),
  {
    // Short flags can be combined, and the value attached.
    keywords: ["curl"],
    pattern:
      /(\bcurl\b.{0,300}? (?:-[A-Za-z]{0,10}[uU] ?|--(?:proxy-)?user[ =])["']?[^\s:"'/]{0,100}:)(?!\/\/)[^\s"'*[$][^\s"']*/g,
  },
  {
    keywords: ["lftp", "smbclient"],
    pattern:
      /(\b(?:lftp\b.{0,100}? -u ?["']?[^\s,"']{1,100},|smbclient\b.{0,200}? -U ?["']?[^\s%"']{1,100}%))[^\s"'*[$][^\s"']*/g,
  },
  {
    // Its last argument.
    keywords: ["htpasswd"],
    pattern: new RegExp(
      String.raw`(\bhtpasswd -\w{0,5}b\w{0,5}(?: [^\s-]\S{0,200}){1,2} )${value}(?=\s*(?:$|[|;&]))`,
      "g",
    ),
  },
  {
    keywords: ["create secret"],
    pattern: /(?<=\bcreate secret\b.{0,500} --from-literal[ =]["']?[\w.-]{1,100}=)[^\s"'*[$][^\s"']*/g,
  },
];

/** Arguments that are no values of flags. */
const argument: readonly CommandPattern[] = [
  {
    keywords: ["vault login", "cargo login", "snyk auth", "setapikey", "rclone obscure"],
    pattern: new RegExp(
      String.raw`(\b(?:vault login|cargo login|snyk auth|nuget setapikey|rclone obscure)(?: -[\w-]{1,30}(?:=\S{1,100})?)* )(?!\w+=)${value}`,
      "gi",
    ),
    isSecret: (match) => looksLikeSecret(/\S+$/.exec(match)?.[0] ?? ""),
  },
  {
    keywords: ["rabbitmqctl"],
    pattern: new RegExp(String.raw`(\brabbitmqctl (?:add_user|change_password) \S{1,100} )${value}`, "g"),
  },
  { keywords: ["sonar.login"], pattern: /(sonar\.login=["']?)[^\s"'*[$][^\s"']*/g },
  {
    keywords: ["signtool"],
    pattern: new RegExp(String.raw`(\bsigntool(?:\.exe)? sign\b.{0,300}? /p )${value}`, "g"),
  },
];

/** Commands and flags that read a password from the standard input. */
const readers = [
  "--(?:password|token|secret)-stdin|--with-token|--passphrase-fd[ =]0",
  String.raw`\bsudo\b[^|]{0,100} -S\b|\bpasswd --stdin|\bchpasswd\b`,
  String.raw`\b(?:vault login -|cargo login|secret (?:put|set))(?![\w-])`,
].join("|");

const piped: CommandPattern = {
  keywords: ["echo", "printf"],
  pattern: new RegExp(
    String.raw`(\b(?:echo|printf) +(?:-[neE]{1,3} +)*(?:["']?%s\S{0,8} +)?\\{0,3}["']?)${noValue}[^|"'\\]{3,500}(?=\\{0,3}["']?\s{0,3}\|[^|;&]*?(?:${readers}))`,
    "g",
  ),
};

const hereString: CommandPattern = {
  keywords: ["<<<"],
  pattern: new RegExp(String.raw`((?:${readers})[^|;&<]{0,200}<<<\s{0,2})${value}`, "g"),
};

/** Patterns, and a text that is in every match. */
const patterns: readonly [sign: string, patterns: readonly CommandPattern[]][] = [
  [" -", afterFlag],
  ["|", [piped]],
  ["<<<", [hereString]],
  [" ", argument],
];

/** Returns `text` with each password in a command line replaced. */
export function withoutCommandSecrets(text: string, lowered: string): string {
  let redacted = text;
  for (const [sign, group] of patterns) {
    if (!text.includes(sign)) continue;
    for (const { keywords, pattern, isSecret } of group) {
      if (!keywords.some((keyword) => lowered.includes(keyword))) continue;
      redacted = redacted.replace(pattern, (match: string, kept: unknown) => {
        if (isSecret && !isSecret(match)) return match;
        return `${typeof kept === "string" ? kept : ""}[redacted password]`;
      });
    }
  }
  return redacted;
}

/** Whether a word after a command is a secret rather than a word of a sentence about the command. */
function looksLikeSecret(word: string): boolean {
  const bare = word.replace(/^["'\\]+|["'\\.,:;!?)]+$/g, "");
  return bare.length >= 8 && /\d|[a-z][A-Z]|\w[^\w-]\w/.test(bare);
}
