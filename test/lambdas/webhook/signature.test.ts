import { describe, expect, test } from "@jest/globals";
import { sign } from "@octokit/webhooks-methods";
import { isSigned } from "../../../lambdas/webhook/signature.js";

const body = '{"zen":"Ünïcødé 🐙"}';
const bytes = new TextEncoder().encode(body);

describe("a signature", () => {
  test("made as GitHub makes it is accepted, with any of the secrets", async () => {
    expect(isSigned(bytes, await sign("old", body), ["new", "old"])).toBe(true);
  });

  test("with another secret, of another body, or cut short is refused", async () => {
    const signature = await sign("right", body);
    expect(isSigned(bytes, signature, ["wrong"])).toBe(false);
    expect(isSigned(new TextEncoder().encode(`${body} `), signature, ["right"])).toBe(false);
    expect(isSigned(bytes, signature.slice(0, -1), ["right"])).toBe(false);
  });

  test.each(["", "sha256=", "sha1=abc", `sha256=${"g".repeat(64)}`, `sha256=${"a".repeat(64)}\n`])(
    "of the form %j is refused",
    (signature) => {
      expect(isSigned(bytes, signature, ["secret"])).toBe(false);
    },
  );

  test("is never made by an empty secret", () => {
    expect(isSigned(bytes, `sha256=${"0".repeat(64)}`, [""])).toBe(false);
    expect(isSigned(bytes, `sha256=${"0".repeat(64)}`, [])).toBe(false);
  });
});
