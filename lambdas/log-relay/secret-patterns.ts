import { withoutNamedSecrets } from "./named-secrets.js";
import { keyBegin } from "./private-key.js";
import { hasToken, tokenFormats } from "./token-formats.js";

/** Secrets that fit into one line, each with what takes its place. The order matters: the exact ones come first. */
interface SecretPattern {
  /** Its first group, if it has one, is what stands before the secret and stays. */
  pattern: RegExp;
  name: string;
  /** Decides where the pattern alone cannot. */
  isSecret?: (match: string) => boolean;
}

const secretPatterns: readonly SecretPattern[] = [
  ...tokenFormats,
  { name: "AWS access key id", pattern: /(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}/g },
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
  { name: "Azure storage key", pattern: /((?:Account|SharedAccess)Key=)[A-Za-z0-9+/]{40,}={0,2}/g },
  { name: "Azure signature", pattern: /([?&]sig=)[A-Za-z0-9%+/_-]{20,}={0,2}/g },
  {
    name: "JWT",
    // The whole run of characters at once: a search that could fail in it would start again at each `eyJ`.
    pattern: /eyJ[\w-]*(?:\.[\w-]*)*/g,
    isSecret: (run) => /^[\w-]{12,}\.[\w-]{2,}/.test(run) || isJoseHeader(run),
  },
  { name: "Slack webhook", pattern: /(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{10,}/g },
  { name: "Teams webhook", pattern: /(\.webhook\.office\.com\/webhookb2\/)[\w@/-]{20,}/g },
  { name: "Discord webhook", pattern: /(discord(?:app)?\.com\/api\/webhooks\/\d+\/)[\w-]{20,}/g },
  {
    name: "authorization",
    // GitHub's own mask stays, as does what is redacted above.
    pattern:
      /(authorization[\s"'\\]{0,4}[:=,][\s"'\\[]{0,6}(?:bearer|basic|token|negotiate|digest)\s{1,3})[^\s"'\\*[][^\s"'\\]*/gi,
  },
  { name: "authorization", pattern: /(\bbearer\s{1,3})[\w.~+/-]{20,}=*/gi },
  {
    name: "password",
    pattern: /(:\/\/[^\s/:@"']{0,100}:)(?!\/|\d{1,5}[/"'\s])[^\s/"'*[][^\s/"']{0,500}(?=@)/g,
  },
  { name: "token", pattern: /(:\/\/)[\w-]{20,}(?=@)/g },
  {
    name: "password",
    pattern: /(\bcurl\b.{0,300}?\s(?:-u|--user)[ =]["']?[^\s:"']{1,100}:)[^\s"'*[][^\s"']*/g,
  },
  {
    name: "password",
    pattern: /(\b(?:sshpass|(?:docker|podman|helm registry) login\b.{0,200}?) -p ?)[^\s"'*[-][^\s"']*/g,
  },
  {
    // Kubernetes and CI systems encode what they hand on, some of them twice.
    name: "base64 of a secret",
    pattern: /[A-Za-z0-9+/_-]{24,}={0,2}/g,
    isSecret: (run) => decodesToSecret(run, 2),
  },
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
  return withoutNamedSecrets(redacted);
}

/** A token that was cut before its first dot. Other JSON in base64, such as a source map, is none. */
const isJoseHeader = (run: string): boolean =>
  run.length >= 40 && /^\{"(?:alg|typ|kid|enc|cty|jku|x5[tcu])"/.test(decoded(run.slice(0, 40)));

function decodesToSecret(run: string, times: number): boolean {
  const text = decoded(run);
  // Of random bytes, nothing but the first few would have to be looked at.
  if (!/^[\t\n\r\x20-\x7e]{12}/.test(text)) return false;
  if (hasToken(text) || keyBegin.test(text)) return true;
  return times > 1 && /^[A-Za-z0-9+/_-]{16,}={0,2}\s*$/.test(text) && decodesToSecret(text.trim(), times - 1);
}

const decoded = (base64: string): string => Buffer.from(base64, "base64").toString("latin1");
