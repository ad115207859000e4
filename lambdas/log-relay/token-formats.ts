import { keywordsOf } from "./pattern-keywords.js";

/**
 * The formats of tokens that have a known prefix: those that gitleaks lists as specific
 * (https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml), and some more that their services document.
 * Lengths are minimums.
 */
const formats: Record<string, string[]> = {
  "1Password": [
    "ops_eyJ[a-zA-Z0-9+/]{100,}={0,3}",
    String.raw`\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}\b`,
  ],
  Adobe: [String.raw`\bp8e-[A-Za-z0-9]{32}`],
  age: ["AGE-SECRET-KEY-1[A-Z0-9]{58}"],
  Airtable: [String.raw`\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}`],
  Alibaba: [String.raw`\bLTAI[A-Za-z0-9]{20}\b`],
  Anthropic: [String.raw`\bsk-ant-[\w-]{20,}`],
  Artifactory: [String.raw`\bAKCp[A-Za-z0-9]{69}`, String.raw`\bcmVmd[A-Za-z0-9]{59}\b`],
  Atlassian: [String.raw`\bATATT3[\w=-]{50,}`],
  Authress: [
    String.raw`\b(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_-][A-Za-z0-9-]{10,32}\.[\w+/=-]{30,}`,
  ],
  "AWS Bedrock": [String.raw`\bABSK[A-Za-z0-9+/]{109,}={0,2}`, String.raw`bedrock-api-key-[\w+/=-]{20,}`],
  Azure: [String.raw`(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~-])`],
  Buildkite: [String.raw`\bbk(?:ua|pat)_[a-f0-9]{40}`],
  CircleCI: [String.raw`\bCCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}`],
  ClickHouse: [String.raw`\b4b1d[A-Za-z0-9]{38}(?![\w+/=])`],
  Clojars: ["CLOJARS_[A-Za-z0-9]{60}"],
  Cloudflare: [String.raw`\bv1\.0-[a-f0-9]{24}-[a-f0-9]{146}`],
  Databricks: [String.raw`\bdapi[a-f0-9]{32}(?:-\d)?`],
  DigitalOcean: [String.raw`\bdo[oprt]_v1_[a-f0-9]{64}`],
  Docker: [String.raw`\bdckr_[po]at_[\w-]{24,}`],
  Doppler: [String.raw`\bdp\.(?:pt|ct|st|sa|scim|audit)\.(?:[\w-]+\.)?[A-Za-z0-9]{40,}`],
  Duffel: [String.raw`duffel_(?:test|live)_[\w=-]{43}`],
  Dynatrace: [String.raw`dt0c01\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}`],
  EasyPost: [String.raw`\bEZ[AT]K[A-Za-z0-9]{54}`],
  Facebook: [String.raw`\b\d{15,16}[|%][\w-]{27,40}(?![\w-])`, String.raw`\bEAA[MC][A-Za-z0-9]{100,}`],
  Flutterwave: ["FLW(?:SEC|PUB)K_TEST-[A-Za-z0-9]{12,}(?:-X)?"],
  "Fly.io": [String.raw`\bfo1_[\w-]{43}`, String.raw`\bfm(?:1[ar]|2)_[A-Za-z0-9+/]{100,}={0,3}`],
  "Frame.io": [String.raw`fio-u-[\w=-]{64}`],
  GitHub: [
    String.raw`gh[pousr]_[A-Za-z0-9]{20,}[\w.-]*`,
    String.raw`ghs_\d+_[\w.-]{20,}`,
    String.raw`github_pat_\w{20,}`,
  ],
  GitLab: [
    String.raw`\bgl(?:pat|dt|ft|rt|rtr|oas|ptt|agent|imt|soat|ffct|wt)-[\w.-]{20,}`,
    String.raw`\bglcbt-[A-Za-z0-9]{1,5}_[\w-]{20,}`,
    String.raw`\bGR1348941[\w-]{20}`,
    "(?<=_gitlab_session=)[0-9a-z]{32}",
  ],
  Google: [String.raw`\bAIza[\w-]{35}`, String.raw`\bGOCSPX-[\w-]{28}`, String.raw`\bya29\.[\w-]{20,}`],
  Grafana: [
    String.raw`\beyJrIjoi[A-Za-z0-9]{70,}={0,3}`,
    String.raw`\bglc_[A-Za-z0-9+/]{32,}={0,3}`,
    String.raw`\bglsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}`,
  ],
  Groq: [String.raw`\bgsk_[A-Za-z0-9]{52}`],
  Harness: [String.raw`\b[ps]at\.[\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}`],
  HashiCorp: [
    String.raw`\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}`,
    String.raw`\bhv[bs]\.[\w-]{90,}`,
    String.raw`\bs\.(?=[A-Za-z]*\d)[A-Za-z0-9]{24}(?![\w.(-])`,
  ],
  Heroku: [String.raw`\bHRKU-AA[\w-]{58}`],
  "Hugging Face": [String.raw`\bhf_[A-Za-z]{34}\b`, String.raw`\bapi_org_[A-Za-z]{34}\b`],
  Infracost: [String.raw`\bico-[A-Za-z0-9]{32}\b`],
  Intra42: [String.raw`\bs-s4t2(?:ud|af)-[a-f0-9]{64}`],
  Linear: [String.raw`\blin_(?:api|oauth|wh)_[A-Za-z0-9]{32,}`],
  Mailgun: [String.raw`\bkey-[a-f0-9]{32}\b`],
  MaxMind: [String.raw`\b[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk\b`],
  "New Relic": [String.raw`\bNR(?:AK|JS|II)-[A-Za-z0-9-]{19,}`],
  Notion: [String.raw`\bntn_\d{11}[A-Za-z0-9]{35}`],
  npm: [String.raw`\bnpm_[A-Za-z0-9]{36}`],
  "Octopus Deploy": [String.raw`\bAPI-[A-Z0-9]{26}\b`],
  OpenAI: [
    String.raw`\bsk-(?:proj|svcacct|admin|or)-[\w-]{20,}`,
    String.raw`\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}`,
    String.raw`\bsk-[A-Za-z0-9]{48}\b`,
  ],
  OpenShift: [String.raw`\bsha256~[\w-]{43}(?![\w-])`],
  Perplexity: [String.raw`\bpplx-[A-Za-z0-9]{48}`],
  PlanetScale: [String.raw`\bpscale_(?:tkn|oauth|pw)_[\w=.-]{32,64}`],
  Postman: [String.raw`\bPMAK-[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}`],
  Prefect: [String.raw`\bpnu_[A-Za-z0-9]{36}`],
  Pulumi: [String.raw`\bpul-[a-f0-9]{40}`],
  PyPI: [String.raw`pypi-AgE[\w-]{50,}`],
  ReadMe: [String.raw`\brdme_[a-z0-9]{70}`],
  RubyGems: [String.raw`\brubygems_[a-f0-9]{48}`],
  Scalingo: [String.raw`\btk-us-[\w-]{48}`],
  SendGrid: [String.raw`\bSG\.[\w-]{16,}\.[\w-]{16,}`, String.raw`\bSG\.[\w=.-]{66}`],
  Sendinblue: [String.raw`\bxkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}`],
  Sentry: [
    String.raw`\bsntrys_eyJ[A-Za-z0-9+/]{20,}={0,2}(?:_[A-Za-z0-9+/]{43})?`,
    String.raw`\bsntryu_[a-f0-9]{64}`,
  ],
  SettleMint: [String.raw`\bsm_[aps]at_[A-Za-z0-9]{16}`],
  Shippo: [String.raw`\bshippo_(?:live|test)_[A-Fa-f0-9]{40}`],
  Shopify: ["shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"],
  Sidekiq: [String.raw`(?<=:\/\/)[a-f0-9]{8}:[a-f0-9]{8}(?=@(?:gems|enterprise)\.contribsys\.com)`],
  Slack: [String.raw`xox[a-z](?:\.xox[a-z])?-[\w-]{10,}`, String.raw`xapp-\d-[\w-]{10,}`],
  Sourcegraph: [String.raw`\bsgp_(?:(?:[A-Fa-f0-9]{16}|local)_)?[A-Fa-f0-9]{40}`],
  Square: [String.raw`\bsq0(?:atp|csp)-[\w-]{22,}`, String.raw`\bEAAA[\w-]{60}`],
  Stripe: [
    String.raw`\b(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,}`,
    String.raw`\bwhsec_[A-Za-z0-9+/]{32,}={0,2}`,
  ],
  Supabase: [String.raw`\bsbp_[a-f0-9]{40}`],
  Telegram: [String.raw`\b\d{8,10}:AA[\w-]{33}(?![\w-])`],
  Twilio: [String.raw`\bSK[0-9a-f]{32}\b`],
};

/** The formats, each with the service that issues the tokens. */
export const tokenFormats: readonly { name: string; pattern: RegExp; keywords: readonly string[] }[] =
  Object.entries(formats).flatMap(([service, sources]) =>
    sources.map((source) => ({
      name: `${service} token`,
      pattern: new RegExp(source, "g"),
      keywords: keywordsOf(source),
    })),
  );

const anyToken = new RegExp(tokenFormats.map(({ pattern }) => `(?:${pattern.source})`).join("|"));

/** Whether a text contains a token of a known format. */
export const hasToken = (text: string): boolean => anyToken.test(text);
