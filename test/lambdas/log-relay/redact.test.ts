import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { excerpt, quiet, stamped } from "./logs.js";

const key = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString()
  .trim();
const keyLines = key.split("\n");
const body = keyLines.slice(1, -1);

/** Random text like a token, which differs from the text around it. */
const of = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const digits = "0123456789";
const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const alphanumeric = `${upper}${upper.toLowerCase()}${digits}`;
const base64 = `${alphanumeric}+/`;
const base64url = `${alphanumeric}-_`;

/** A secret in a log, and the part of it that must not be shown. */
interface Leak {
  text: string;
  secret: string;
}
const plain = (secret: string): Leak => ({ text: secret, secret });

const leaks: Record<string, fc.Arbitrary<Leak>> = {
  "a GitHub token": fc
    .tuple(fc.constantFrom("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), of(alphanumeric, 36, 80))
    .map((parts) => plain(parts.join(""))),
  "a fine-grained GitHub token": fc
    .tuple(of(alphanumeric, 22), of(alphanumeric, 59))
    .map(([id, rest]) => plain(`github_pat_${id}_${rest}`)),
  "an AWS access key id": fc
    .tuple(fc.constantFrom("AKIA", "ASIA"), of(`${upper}234567`, 16))
    .map((parts) => plain(parts.join(""))),
  "an AWS secret access key": fc
    .tuple(
      fc.constantFrom(
        "AWS_SECRET_ACCESS_KEY=",
        "aws_secret_access_key = ",
        '"SecretAccessKey": "',
        '\\"secretAccessKey\\":\\"',
        "AKIAIOSFODNN7EXAMPLE:",
      ),
      of(base64, 40),
    )
    .map(([name, secret]) => ({ text: `${name}${secret}"`, secret })),
  "a JWT": fc
    .tuple(of(base64url, 17, 3000), of(base64url, 3, 3000), of(base64url, 43, 400))
    .map(([header, ...rest]) => plain([`eyJ${header}`, ...rest].join("."))),
  "a Slack token": fc
    .tuple(
      fc.constantFrom("xoxb-", "xoxp-", "xoxa-", "xoxe.xoxp-1-", "xapp-1-"),
      of(`${alphanumeric}-`, 30, 60),
    )
    .map((parts) => plain(parts.join(""))),
  "a header": fc
    .tuple(
      fc.constantFrom(
        "Authorization: Bearer ",
        "authorization: basic ",
        `-H "Authorization: token `,
        "Bearer ",
      ),
      of(base64, 20, 200),
    )
    .map(([name, secret]) => ({ text: `${name}${secret}`, secret })),
  "a private key in one line": fc
    .constantFrom("\\n", "\\\\n", " ", "")
    .map((end) => ({ text: keyLines.join(end), secret: body[3] ?? "" })),
};

describe("a secret is not shown", () => {
  test.each(Object.entries(leaks))("%s, for any chunks and after any text", async (_, leak) => {
    const around = fc.oneof(
      fc.constantFrom("", "error: ", "\u001b[1m", "token=", '{"a":"', "a ".repeat(450), "b ".repeat(3000)),
      fc.stringMatching(/^[ -~]{0,60} $/),
    );
    await fc.assert(
      fc.asyncProperty(
        leak,
        around,
        around,
        fc.array(fc.nat(), { maxLength: 6 }),
        async (given, a, b, cuts) => {
          const line = `${a}${given.text} ${b}`;
          const text = await excerpt(stamped([line, ...quiet(20), `##[error]${line}`]), 6000, cuts);
          expect(text).not.toContain(given.secret);
          if (a.length < 100) expect(text).toContain("[redacted ");
        },
      ),
      { numRuns: 100 },
    );
  });

  test("with escape sequences in its middle", async () => {
    expect(await excerpt("ghp_0123456789\u001b[0m\u001b[1m0123456789012345678901234567\n")).toBe(
      "[redacted GitHub token]",
    );
  });

  test("but the rest of its line is", async () => {
    const line = `pushing with ghp_${"a1".repeat(18)}, as mona: remote: denied`;
    expect(await excerpt(line)).toBe("pushing with [redacted GitHub token], as mona: remote: denied");
  });

  test("as the password in an address", async () => {
    expect(await excerpt("fatal: https://mona:pa55word@example.test/x.git: not found")).toBe(
      "fatal: https://mona:[redacted password]@example.test/x.git: not found",
    );
  });
});

describe("a private key", () => {
  const anyBody = new RegExp(body.map((line) => line.replace(/[+/=]/g, "\\$&")).join("|"));

  test.each<[string, string[], string[]]>([
    ["as it is", keyLines, ["[redacted private key]"]],
    ["indented", keyLines.map((line) => `    ${line}`), ["    [redacted private key]"]],
    ["with a diff's marks", keyLines.map((line) => `+${line}`), ["+[redacted private key]"]],
    ["with line numbers", keyLines.map((line, i) => `${i} | ${line}`), ["0 | [redacted private key]"]],
    [
      "with a service's name",
      keyLines.map((line) => `api-1  | ${line}`),
      ["api-1  | [redacted private key]"],
    ],
    ["quoted line by line", keyLines.map((line) => `"${line}\\n" +`), ['"[redacted private key]']],
    ["without its end", keyLines.slice(0, 12), ["[redacted private key]"]],
    ["without its beginning", keyLines.slice(7), ["[redacted private key]"]],
    [
      "with PEM headers",
      [
        ...keyLines.slice(0, 1),
        "Proc-Type: 4,ENCRYPTED",
        "DEK-Info: AES-128-CBC,0123456789ABCDEF",
        "",
        ...keyLines.slice(1),
      ],
      ["[redacted private key]"],
    ],
    [
      "followed by another",
      [...keyLines.slice(0, -1), `${keyLines.at(-1)}${keyLines[0]}`, ...keyLines.slice(1)],
      ["[redacted private key] … (repeated 2 times)"],
    ],
  ])("%s is left out, but nothing else", async (_, lines, expected) => {
    const log = stamped(["before it: well", ...lines, "after it: the build goes on"]);
    const text = await excerpt(log);
    expect(text).not.toMatch(anyBody);
    expect(text.split("\n")).toEqual(["before it: well", ...expected, "after it: the build goes on"]);
  });

  test("that begins in the hidden part of a line is left out", async () => {
    const text = await excerpt(`${"x ".repeat(20_000)}${key}\nafter it: all is well\n`);
    expect(text).not.toMatch(anyBody);
    expect(text).toContain("after it: all is well");
  });

  test("is left out for any chunks", async () => {
    const log = stamped(["a", ...keyLines, "and so on: fine"]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 10 }), async (cuts) => {
        expect(await excerpt(log, 8192, cuts)).toBe("a\n[redacted private key]\nand so on: fine");
      }),
    );
  });
});

describe("a value after a name of a secret is not shown:", () => {
  test.each([
    "  password: Tr0ub4dor-example",
    '  "password": "Tr0ub4dor-example",',
    "DB_PASSWORD=Tr0ub4dor-example",
    "{ user: 'mona', password: 'Tr0ub4dor-example' }",
    '{"user":"mona","api_key":"Tr0ub4dor-example"}',
    '"{\\"clientSecret\\":\\"Tr0ub4dor-example\\"}"',
    "- client-secret: 'Tr0ub4dor-example'",
    "X-Api-Key: Tr0ub4dor-example",
    "api-1  | SECRET_KEY_BASE: Tr0ub4dor-example",
    "+export API_TOKEN=Tr0ub4dor-example",
    "run --db-password Tr0ub4dor-example --verbose",
    "run --token=Tr0ub4dor-example --verbose",
    "Server=db;User=sa;Pwd=Tr0ub4dor-example;Encrypt=true",
    "GET /v1/users?access_token=Tr0ub4dor-example&page=2",
    ':password=>"Tr0ub4dor-example", :active=>true',
    "Generated password: Tr0ub4dor-example",
    "postgres://mona:Tr0ub4dor-example@db:5432/app",
    "curl -sf -u mona:Tr0ub4dor-example https://example.test",
    "docker login -u mona -p Tr0ub4dor-example",
    'docker login -u mona -p "Tr0ub4dor-example"',
    "sshpass -p 'Tr0ub4dor-example' ssh mona@example.test",
    "security unlock-keychain -p Tr0ub4dor-example build.keychain",
    "az login --service-principal -u id -p Tr0ub4dor-example --tenant t",
    "mysql -u root -pTr0ub4dor-example -e 'select 1'",
    "openssl rsa -passin pass:Tr0ub4dor-example -in key.pem",
    '  "password": "correct horse Tr0ub4dor-example",',
    '{\\"passphrase\\":\\"correct horse Tr0ub4dor-example\\"}',
    "DB_PASS=Tr0ub4dor-example",
    'smtp_pass = "Tr0ub4dor-example"',
    "ansible_become_pass: Tr0ub4dor-example",
    "    <password>Tr0ub4dor-example</password>",
    "<ns:apiKey>Tr0ub4dor-example</ns:apiKey>",
    '<add key="ClientSecret" value="Tr0ub4dor-example" />',
    '<property name="db.password" value="Tr0ub4dor-example"/>',
    '{"name":"DB_PASSWORD","value":"Tr0ub4dor-example"}',
    "ParameterKey=DbPassword,ParameterValue=Tr0ub4dor-example",
    "CREATE USER app WITH PASSWORD 'Tr0ub4dor-example';",
    "CREATE USER app IDENTIFIED BY 'Tr0ub4dor-example';",
    "machine github.com login mona password Tr0ub4dor-example",
    "Your new password is: Tr0ub4dor-example",
    "Authorization: ApiKey Tr0ub4dor-example",
    "authorization: Tr0ub4dor-example-0123456789",
    "Ocp-Apim-Subscription-Key: Tr0ub4dor-example",
    "DD_APP_KEY=Tr0ub4dor-example",
    "npm config set //registry.example.test/:_authToken Tr0ub4dor-example",
    "::add-mask::Tr0ub4dor-example",
  ])("%s", async (line) => {
    const text = await excerpt(`${line}\nall is well`);
    expect(text).not.toMatch(/Tr0ub4dor-example|horse/);
    expect(text).toMatch(/\[redacted .+\].*\nall is well$/);
  });

  test.each([
    ['{"password":"Tr0ub4dor & 3, (four)","n":1}', '{"password":"[redacted password]","n":1}'],
    [String.raw`{"password": "Tr0ub\"4\\dor", "n": 1}`, '{"password": "[redacted password]", "n": 1}'],
    [
      String.raw`"{\"token\":\"Tr0ub 4\\\"dor\",\"n\":1}"`,
      String.raw`"{\"token\":\"[redacted token]\",\"n\":1}"`,
    ],
    [`password: "it's Tr0ub4dor" # old`, 'password: "[redacted password]" # old'],
    ["client-secret: 'it''s Tr0ub4dor'", "client-secret: '[redacted secret]'"],
    [`run --password 'Tr0ub"4"dor' --quiet`, "run --password '[redacted password]' --quiet"],
    ['{"token":"Tr0ub4 token=1 dor","key":2}', '{"token":"[redacted token]","key":2}'],
    ['password: "Tr0ub4dor, and no end', 'password: "[redacted password], and no end'],
  ])("up to the end of the quotation: %s", async (line, shown) => {
    expect(await excerpt(`${line}\nall is well`)).toBe(`${shown}\nall is well`);
  });

  test.each([
    `//npm.example.test/:_auth=${Buffer.from("mona:Tr0ub4dor-example").toString("base64")}`,
    `{"auths":{"ghcr.io":{"auth":"${Buffer.from("mona:Tr0ub4dor-example").toString("base64")}"}}}`,
  ])("a user and a password in base64: %s", async (line) => {
    expect(await excerpt(line)).toBe(line.replace(/bW9u\w+=*/, "[redacted base64 of a secret]"));
  });

  test.each([
    ["  - name: DB_PASSWORD", "    value: Tr0ub4dor-example"],
    ['  "name": "API_TOKEN",', '  "value": "Tr0ub4dor-example"'],
  ])("in the line after the name: %s", async (...lines) => {
    const text = await excerpt(`${lines.join("\n")}\nall is well`);
    expect(text).toContain(lines[0]);
    expect(text).not.toContain("Tr0ub4dor-example");
    expect(text).toContain("all is well");
  });

  test.each([
    "password: ***",
    "-p ***",
    "tests_pass: 12",
    "first_pass=1.5s, second_pass=true",
    `<password></password> and <token>$\{TOKEN}</token>`,
    '<add key="ClientSecret" value="***" />',
    '{"name":"DB_HOST","value":"db.example.test"}',
    '{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"name":"db"}}}',
    "mysqldump -p app",
    "authorization: required for this endpoint",
    "Your password is required.",
    "- name: DB_PASSWORD",
    '  "auth": "basic",',
    `MY_TOKEN=$\{{ secrets.MY_TOKEN }}`,
    "docker run -e TOKEN=$TOKEN -v $PWD:/app",
    "PWD=/home/runner/work",
    "SyntaxError: Unexpected token: punctuation",
    "error: expected expression, found end of token: ident1fier",
    "interface User { password: string; token: Token }",
    "fn login(password: &str, token: Option<String>)",
    "let token = parser.next();",
    "login(user=user, password=password)",
    "if (token === undefined) throw",
    '"token": null,',
    "password: must be at least 8 characters",
    "max_tokens: 4096",
    "tokenizer: bert-base",
  ])("but text that is not a value is shown: %s", async (line) => {
    expect(await excerpt(`${line}\nall is well`)).toBe(`${line}\nall is well`);
  });
});

describe("a password in a command line is not shown:", () => {
  test.each([
    "vault login Tr0ub4dor-example",
    "$ vault login -no-print 'Tr0ub4dor-example'",
    "unzip -o -P Tr0ub4dor-example secrets.zip -d out",
    "zip -PTr0ub4dor-example -r a.zip out",
    "7z x -pTr0ub4dor-example a.7z",
    "docker login -pTr0ub4dor-example ghcr.io",
    "docker login -u mona --password Tr0ub4dor-example",
    "podman login -u mona -p Tr0ub4dor-example quay.io",
    'sh -c "docker login -u mona -p \\"Tr0ub4dor-example\\""',
    "docker login -u mona -p 'horse Tr0ub4dor-example'",
    "run --token Tr0ub4dor-example",
    "--pass Tr0ub4dor-example",
    '["run", "--password", "Tr0ub4dor-example"]',
    "args: [--token, Tr0ub4dor-example]",
    '"{\\"args\\":[\\"--token\\", \\"Tr0ub4dor-example\\"]}"',
    'exec "run" "--password" "Tr0ub4dor-example"',
    "keytool -storepass Tr0ub4dor-example",
    "SSHPASS=Tr0ub4dor-example sshpass -e ssh mona@example.test",
    "curl -sSfu mona:Tr0ub4dor-example https://example.test",
    "curl -umona:Tr0ub4dor-example https://example.test",
    "curl -X POST -u :Tr0ub4dor-example https://example.test",
    "curl --proxy-user mona:Tr0ub4dor-example https://example.test",
    "sshpass -v -p Tr0ub4dor-example ssh mona@example.test",
    "mysql -pTr0ub4dor-example",
    "mysqldump -uroot -p'Tr0ub4dor-example' app",
    "mariadb-dump -pTr0ub4dor-example app",
    "mongosh --host db -u mona -p Tr0ub4dor-example",
    "redis-cli -h db -a Tr0ub4dor-example ping",
    "sqlcmd -S db -U sa -P Tr0ub4dor-example -Q 'select 1'",
    "kubectl create secret generic db --from-literal=user=mona-x --from-literal=word=Tr0ub4dor-example",
    "echo Tr0ub4dor-example | docker login --password-stdin",
    'echo -n "Tr0ub4dor-example" | docker login -u mona --password-stdin ghcr.io',
    "printf '%s' Tr0ub4dor-example | podman login -u mona --password-stdin quay.io",
    "docker login -u mona --password-stdin <<< 'Tr0ub4dor-example'",
    "echo Tr0ub4dor-example | gh auth login --with-token",
    "echo Tr0ub4dor-example | sudo -S apt-get update",
    "echo root:Tr0ub4dor-example | chpasswd",
    "cargo login Tr0ub4dor-example",
    "htpasswd -bc users mona Tr0ub4dor-example",
    "rabbitmqctl add_user mona Tr0ub4dor-example",
    "signtool sign /f cert.pfx /p Tr0ub4dor-example app.exe",
  ])("%s", async (line) => {
    const text = await excerpt(`${line}\nall is well`);
    expect(text).not.toMatch(/Tr0ub4dor|horse/);
    expect(text).toMatch(/\[redacted .+\].*\nall is well$/);
  });

  test.each([
    "docker login -u mona -p $PASSWORD ghcr.io",
    "docker login -u mona -p *** ghcr.io",
    'echo "$TOKEN" | docker login -u mona --password-stdin ghcr.io',
    "echo ready | tee log; docker login --password-stdin < token.txt",
    "docker login --password-stdin <<< $TOKEN",
    "docker run -d --name mongo -p 27017:27017 mongo:7",
    "docker run -d --name mysql -p3306:3306 mysql:8",
    "mvn -B -pl mysql-module,app verify",
    "vault login failed: permission denied",
    "vault login -method=oidc role=developer",
    "cargo login: no token was given",
    "redis-cli -h db -p 6379 ping",
    "unzip -q archive.zip -d out",
    "curl -sSfLo out.tgz https://example.test:8443/out.tgz",
    "curl -u mona: https://example.test",
    '["--password", "--quiet"]',
    "the options --user, --password, and --token are required",
    "usage: run [-h] [--password PASSWORD]",
    "bypass: 12 of 30, compass north",
    "kubectl create configmap app --from-literal=mode=fast",
  ])("but other arguments are: %s", async (line) => {
    expect(await excerpt(`${line}\nall is well`)).toBe(`${line}\nall is well`);
  });
});

describe("the documented formats of services are recognized:", () => {
  const hex = (length: number) => "0123456789abcdef".repeat(10).slice(0, length);
  const mixed = (length: number) => "aB3dE6gH9jK2mN5pQ8".repeat(20).slice(0, length);
  test.each([
    ["GitLab", `glpat-${mixed(20)}`],
    ["npm", `npm_${mixed(36)}`],
    ["PyPI", `pypi-AgEIcHlwaS5vcmc${mixed(60)}`],
    ["Slack", `xoxb-123456789012-123456789012-${mixed(24)}`],
    ["Stripe", `sk_test_${mixed(24)}`],
    ["OpenAI", `sk-proj-${mixed(60)}`],
    ["Anthropic", `sk-ant-api03-${mixed(93)}AA`],
    ["Google", `AIza${mixed(35)}`],
    ["Azure", `abc8Q~${mixed(34)}`],
    ["DigitalOcean", `dop_v1_${hex(64)}`],
    ["Doppler", `dp.pt.${mixed(43)}`],
    ["Hugging Face", `hf_${"aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH"}`],
    ["Linear", `lin_api_${mixed(40)}`],
    ["Twilio", `SK${hex(32)}`],
    ["SendGrid", `SG.${mixed(22)}.${mixed(43)}`],
    ["Databricks", `dapi${hex(32)}`],
    ["Shopify", `shpat_${hex(32)}`],
    ["HashiCorp", `hvs.${mixed(95)}`],
    ["RubyGems", `rubygems_${hex(48)}`],
    ["Docker", `dckr_pat_${mixed(27)}`],
    ["1Password", `ops_eyJ${mixed(260)}`],
    ["Grafana", `glsa_${mixed(32)}_${hex(8)}`],
  ])("%s", async (service, token) => {
    expect(await excerpt(`using ${token} now`)).toBe(`using [redacted ${service} token] now`);
  });

  test.each([1, 2])("encoded in base64 %s times", async (times) => {
    let value = `https://x-access-token:ghs_${mixed(36)}@github.com`;
    for (let i = 0; i < times; i++) value = Buffer.from(value).toString("base64");
    expect(await excerpt(`data: ${value} end`)).toBe("data: [redacted base64 of a secret] end");
  });

  test("a private key in base64", async () => {
    const value = Buffer.from(key).toString("base64");
    expect(await excerpt(`KUBE_DATA ${value}`)).toBe("KUBE_DATA [redacted base64 of a secret]");
  });
});

test("ten thousand lines of ordinary output stay unchanged", async () => {
  const random = (bytes: number, i: number): Buffer =>
    Buffer.concat(
      Array.from({ length: Math.ceil(bytes / 64) }, (_, part) =>
        createHash("sha512").update(`${i} ${part}`).digest(),
      ),
    ).subarray(0, bytes);
  const kinds: ((i: number) => string)[] = [
    (i) => `HEAD is now at ${random(20, i).toString("hex")}`,
    (i) => `      "integrity": "sha512-${random(64, i).toString("base64")}",`,
    (i) => `github.com/octo/app v1.2.${i} h1:${random(32, i).toString("base64")}`,
    (i) => `    --hash=sha256:${random(32, i).toString("hex")} \\`,
    (i) => `sha256:${random(32, i).toString("hex")}: Pulling from library/node`,
    (i) => `request ${randomUuid(random(16, i))} took ${i} ms`,
    (i) => `  expected: "${random(300, i).toString("base64")}"`,
    (i) => `resolved "https://registry.example.test/a-${i}.tgz#${random(20, i).toString("hex")}"`,
    (i) =>
      `//# sourceMappingURL=data:application/json;base64,${Buffer.from(`{"version":3,"file":"${i}.js","sources":["${random(120, i).toString("hex")}"]}`).toString("base64")}`,
    (i) => `<img src="data:image/png;base64,iVBORw0KGgo${random(150, i).toString("base64")}">`,
    (i) => `SHA256:${random(32, i).toString("base64").replace("=", "")} root@host${i} (ED25519)`,
    (i) => `ok ${i} - the token of user ${i} is refused: invalid token`,
    (i) =>
      `{"id":"${random(12, i).toString("hex")}","etag":"W/\\"${random(16, i).toString("base64url")}\\""}`,
    (i) => `at Object.<anonymous> (https://example.test:8080/app/${random(8, i).toString("hex")}.js:${i}:7)`,
  ];
  const lines = Array.from({ length: 10_000 }, (_, i) => kinds[i % kinds.length]?.(i) ?? "");
  const wrong: string[] = [];
  for (let at = 0; at < lines.length; at += 50) {
    const part = lines.slice(at, at + 50);
    const text = (await excerpt(part.join("\n"), 256 * 1024)).split("\n");
    wrong.push(...text.filter((line, i) => line !== part[i]));
  }
  expect(wrong).toEqual([]);
});

const randomUuid = (bytes: Buffer): string =>
  bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

describe("text that only looks like a secret is shown", () => {
  test.each([
    "highs_and_lows_of_the_last_thirty_days_and_nights",
    "HEAD is now at 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
    "http.https://github.com/.extraheader AUTHORIZATION: basic ***",
    "-----BEGIN CERTIFICATE-----",
    `integrity sha512-${"Ab3/".repeat(22)}==`,
    "see https://example.test:8080/a@b",
  ])("%s", async (line) => {
    expect(await excerpt(`${line}\nall is well`)).toBe(`${line}\nall is well`);
  });

  test("base64 without the end of a key after it", async () => {
    const lines = [...body, "", "word", "and prose: after it"];
    expect(await excerpt(lines.join("\n"))).toBe(lines.join("\n"));
  });
});
