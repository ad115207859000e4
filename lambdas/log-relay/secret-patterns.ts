/** Secrets that fit into one line, each with what takes its place. The order matters: the exact ones come first. */
export interface SecretPattern {
  /** Its first group, if it has one, is what stands before the secret and stays. */
  pattern: RegExp;
  name: string;
  /** Decides where the pattern alone cannot. */
  isSecret?: (match: string) => boolean;
}

export const secretPatterns: readonly SecretPattern[] = [
  {
    name: "GitHub token",
    pattern: /gh[pousr]_[A-Za-z0-9]{20,}[\w.-]*|ghs_\d+_[\w.-]{20,}|github_pat_\w{20,}/g,
  },
  { name: "AWS access key id", pattern: /(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}/g },
  {
    name: "AWS secret access key",
    pattern: /(secret_?-?(?:access_?-?)?key[\s"'\\:=>,]{1,10})[A-Za-z0-9/+%]{40,}={0,2}/gi,
  },
  {
    // The two as a pair, as `aws configure` and CSV files have them.
    name: "AWS secret access key",
    pattern: /(\[redacted AWS access key id\][\s"'\\:=>,|]{1,10})[A-Za-z0-9/+%]{40,}={0,2}/g,
  },
  {
    name: "AWS session token",
    pattern: /((?:session|security)_?-?token[\s"'\\:=>,]{1,10})[A-Za-z0-9/+%]{60,}={0,2}/gi,
  },
  {
    name: "JWT",
    // The whole run of characters at once: a search that could fail in it would start again at each `eyJ`.
    pattern: /eyJ[\w-]*(?:\.[\w-]*)*/g,
    isSecret: (run) => /^[\w-]{12,}\.[\w-]{2,}/.test(run) || /^[\w-]{200,}/.test(run),
  },
  { name: "Slack token", pattern: /xox[a-z](?:\.xox[a-z])?-[\w-]{10,}|xapp-\d-[\w-]{10,}/g },
  { name: "Slack webhook", pattern: /(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{10,}/g },
  { name: "API key", pattern: /sk-(?:ant|proj|svcacct)-[\w-]{20,}|[rs]k_live_\w{16,}|AIza[\w-]{35}/g },
  { name: "npm token", pattern: /npm_[A-Za-z0-9]{36}/g },
  { name: "GitLab token", pattern: /glpat-[\w.-]{20,}/g },
  {
    name: "authorization",
    // GitHub's own mask stays, as does what is redacted above.
    pattern:
      /(authorization[\s"'\\]{0,4}[:=,][\s"'\\[]{0,6}(?:bearer|basic|token|negotiate|digest)\s{1,3})[^\s"'\\*[][^\s"'\\]*/gi,
  },
  { name: "authorization", pattern: /(\bbearer\s{1,3})[\w.~+/-]{20,}=*/gi },
  { name: "password", pattern: /(:\/\/[^\s/:@"']{0,100}:)[^\s/@"'*[][^\s/@"']*(?=@)/g },
];

/** Characters of the shortest text that a pattern can fit. Logs have many lines that are shorter. */
const shortest = 6;

/** `text` with each secret replaced by `[redacted …]`. */
export function withoutSecrets(text: string): string {
  if (text.length < shortest) return text;
  let redacted = text;
  for (const { pattern, name, isSecret } of secretPatterns) {
    redacted = redacted.replace(pattern, (match: string, before: unknown) => {
      if (isSecret && !isSecret(match)) return match;
      return `${typeof before === "string" ? before : ""}[redacted ${name}]`;
    });
  }
  return redacted;
}
