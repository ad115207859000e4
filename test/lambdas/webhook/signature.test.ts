import { describe, expect, test } from "@jest/globals";
import { sign } from "@octokit/webhooks-methods";

process.env.AWS_REGION ??= "us-east-1";
for (const flow of [
  "CREATE_TASK",
  "DELETE_TASK",
  "FORWARD_COMMENT",
  "RELAY_FAILURE",
  "SYNC_REPO_CONFIG",
  "WATCH_PULLS",
  "TRACK_PULL",
]) {
  process.env[`${flow}_FLOW_ARN`] = flow;
}
process.env.WEBHOOK_SECRET_ARN = "webhook";
const { signerOf } = await import("../../../lambdas/webhook/signature.js");

const body = '{"zen":"Ünïcødé 🐙"}';

/** The library verifies text. Bodies that aren't text are verified by the relay itself. */
const forms: [string, (text: string) => string | Uint8Array][] = [
  ["text", (text) => text],
  ["bytes", (text) => new TextEncoder().encode(text)],
];
describe.each(forms)("a signature over %s", (_, as) => {
  test("made as GitHub makes it is accepted, with any of the secrets", async () => {
    expect(await signerOf(as(body), await sign("old", body), ["new", "old"])).toBe(1);
  });

  test("with another secret, of another body, or truncated is refused", async () => {
    const signature = await sign("right", body);
    expect(await signerOf(as(body), signature, ["wrong"])).toBe(-1);
    expect(await signerOf(as(body), signature, ["wrong", "wrong too"])).toBe(-1);
    expect(await signerOf(as(`${body} `), signature, ["right"])).toBe(-1);
    expect(await signerOf(as(body), signature.slice(0, -1), ["right"])).toBe(-1);
  });

  test.each(["", "sha256=", "sha1=abc", `sha256=${"g".repeat(64)}`, `sha256=${"a".repeat(64)}\n`])(
    "of the form %j is refused",
    async (signature) => {
      expect(await signerOf(as(body), signature, ["secret"])).toBe(-1);
    },
  );

  test("is never valid with an empty secret", async () => {
    expect(await signerOf(as(body), `sha256=${"0".repeat(64)}`, [""])).toBe(-1);
    expect(await signerOf(as(body), `sha256=${"0".repeat(64)}`, [])).toBe(-1);
    expect(await signerOf(as(body), await sign("right", body), ["", "right"])).toBe(1);
  });
});

test.each(["", new Uint8Array()])("an empty body can also be signed", async (nothing) => {
  const { createHmac } = await import("node:crypto");
  const signature = `sha256=${createHmac("sha256", "secret").digest("hex")}`;
  expect(await signerOf(nothing, signature, ["secret"])).toBe(0);
  expect(await signerOf(nothing, signature, ["other"])).toBe(-1);
});
