import { withoutCommandSecrets } from "./command-secrets.js";
import { nameWords, withoutNamedSecrets } from "./named-secrets.js";
import { keyBegin } from "./private-key.js";
import { hasToken, tokenFormats } from "./token-formats.js";

/** A pattern for secrets on one line. The order matters: exact patterns come first. */
interface SecretPattern {
  /** Every match contains one of these texts, in lower case. Empty if no such text is known. */
  keywords: readonly string[];
  /** Its first group, if any, precedes the secret and stays. */
  pattern: RegExp;
  name: string;
  /** Decides in cases where the pattern alone can't. */
  isSecret?: (match: string) => boolean;
}

const secretPatterns: readonly SecretPattern[] = [
  ...tokenFormats,
  {
    name: "AWS access key id",
    keywords: ["a3t", "akia", "asia", "abia", "acca"],
    pattern: /(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}/g,
  },
  {
    name: "AWS secret access key",
    keywords: ["key"],
    pattern: /(secret_?-?(?:access_?-?)?key[\s"'\\:=>,]{1,10})[A-Za-z0-9/+%]{40,}={0,2}/gi,
  },
  {
    // Both as a pair, as in `aws configure` and CSV files.
    name: "AWS secret access key",
    keywords: ["[redacted aws access key id]"],
    pattern: /(\[redacted AWS access key id\][\s"'\\:=>,|]{1,10})[A-Za-z0-9/+%]{40,}={0,2}/g,
  },
  {
    name: "AWS session token",
    keywords: ["token"],
    pattern: /((?:session|security)_?-?token[\s"'\\:=>,]{1,10})[A-Za-z0-9/+%]{60,}={0,2}/gi,
  },
  {
    name: "Azure storage key",
    keywords: ["key="],
    pattern: /((?:Account|SharedAccess)Key=)[A-Za-z0-9+/]{40,}={0,2}/g,
  },
  { name: "Azure signature", keywords: ["sig="], pattern: /([?&]sig=)[A-Za-z0-9%+/_-]{20,}={0,2}/g },
  {
    name: "JWT",
    keywords: ["eyj"],
    // Match the whole run of characters at once. A search that could fail inside it would start again at each `eyJ`.
    pattern: /eyJ[\w-]*(?:\.[\w-]*)*/g,
    isSecret: (run) => /^[\w-]{12,}\.[\w-]{2,}/.test(run) || isJoseHeader(run),
  },
  {
    name: "Slack webhook",
    keywords: ["hooks.slack.com"],
    pattern: /(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{10,}/g,
  },
  {
    name: "Teams webhook",
    keywords: ["webhookb2"],
    pattern: /(\.webhook\.office\.com\/webhookb2\/)[\w@/-]{20,}/g,
  },
  {
    name: "Discord webhook",
    keywords: ["api/webhooks"],
    pattern: /(discord(?:app)?\.com\/api\/webhooks\/\d+\/)[\w-]{20,}/g,
  },
  {
    name: "authorization",
    keywords: ["authorization"],
    // Keep GitHub's own mask and redactions by earlier patterns.
    pattern:
      /(authorization[\s"'\\]{0,4}[:=,][\s"'\\[]{0,6}(?:bearer|basic|token|negotiate|digest)\s{1,3})[^\s"'\\*[][^\s"'\\]*/gi,
  },
  {
    // Any other scheme, or none.
    name: "authorization",
    keywords: ["authorization"],
    pattern:
      /(authorization[\s"'\\]{0,4}[:=][\s"'\\]{0,6}(?:[a-z][\w-]{0,20}\s{1,3}(?=\S{16})|(?=\S{20})))[^\s"'\\*[]+/gi,
  },
  {
    // `mona:password`, as npm and Docker store it.
    name: "base64 of a secret",
    keywords: ["auth"],
    pattern: /(\b_?auth[\s"'\\]{0,4}[:=][\s"'\\]{0,4})[A-Za-z0-9+/]{8,4096}={0,2}/g,
    isSecret: (match) => /^[^\s:]+:[\x20-\x7e]+$/.test(decoded(/[A-Za-z0-9+/]+=*$/.exec(match)?.[0] ?? "")),
  },
  { name: "authorization", keywords: ["bearer"], pattern: /(\bbearer\s{1,3})[\w.~+/-]{20,}=*/gi },
  {
    name: "password",
    keywords: ["://"],
    pattern: /(:\/\/[^\s/:@"']{0,100}:)(?!\/|\d{1,5}[/"'\s])[^\s/"'*[][^\s/"']{0,500}(?=@)/g,
  },
  { name: "token", keywords: ["://"], pattern: /(:\/\/)[\w-]{20,}(?=@)/g },
  {
    name: "password",
    keywords: ["pass:", "identified", "machine", "add-mask"],
    pattern:
      /(\s-pass(?:in|out)?[ =]pass:|\bidentified by\s{1,3}["']?|\bmachine\s{1,3}\S{1,255}\s{1,3}(?:login\s{1,3}\S{1,255}\s{1,3})?password\s{1,3}|::add-mask::)[^\s"'*[$][^\s"']*/gi,
  },
  {
    // Kubernetes and CI systems encode secrets, some of them twice.
    name: "base64 of a secret",
    keywords: [],
    pattern: /[A-Za-z0-9+/_-]{24,}={0,2}/g,
    isSecret: (run) => decodesToSecret(run, 2),
  },
];

/** Characters of the shortest text that a pattern can match. Many lines of a log are shorter. */
const shortest = 6;

/** `text` with each secret replaced by `[redacted …]`. */
export function withoutSecrets(text: string): string {
  if (text.length < shortest) return text;
  let redacted = text;
  let lowered = text.toLowerCase();
  for (const { keywords, pattern, name, isSecret } of secretPatterns) {
    if (keywords.length > 0 && !keywords.some((keyword) => lowered.includes(keyword))) continue;
    const before = redacted;
    redacted = redacted.replace(pattern, (match: string, kept: unknown) => {
      if (isSecret && !isSecret(match)) return match;
      return `${typeof kept === "string" ? kept : ""}[redacted ${name}]`;
    });
    if (redacted !== before) lowered = redacted.toLowerCase();
  }
  redacted = withoutCommandSecrets(redacted, lowered);
  return nameWords.some((word) => lowered.includes(word)) ? withoutNamedSecrets(redacted) : redacted;
}

/** Whether this is a token that was cut before its first dot, and not other JSON in base64, such as a source map. */
const isJoseHeader = (run: string): boolean =>
  run.length >= 40 && /^\{"(?:alg|typ|kid|enc|cty|jku|x5[tcu])"/.test(decoded(run.slice(0, 40)));

function decodesToSecret(run: string, times: number): boolean {
  const text = decoded(run);
  // For random bytes, the first few are enough to decide.
  if (!/^[\t\n\r\x20-\x7e]{12}/.test(text)) return false;
  if (hasToken(text) || keyBegin.test(text)) return true;
  return times > 1 && /^[A-Za-z0-9+/_-]{16,}={0,2}\s*$/.test(text) && decodesToSecret(text.trim(), times - 1);
}

const decoded = (base64: string): string => Buffer.from(base64, "base64").toString("latin1");
