import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { byteLength, cutToBytes } from "../../../../lambdas/text/bytes.js";
import { cleanText } from "../../../../lambdas/text/clean.js";
import { anyCharacter } from "../../../any-character.js";
import { invisibleIn } from "../../text/hostile.js";
import { hostileText } from "./inputs.js";

describe("a cleaned text", () => {
  test.each([
    ["the end of a bracketed paste", "a\u001b[201~b", "ab"],
    ["the same in its 8-bit form", "a\u009b201~b", "ab"],
    ["colours", "\u001b[1;31merror\u001b[0m: no", "error: no"],
    ["a window title", "a\u001b]0;title\u0007b", "ab"],
    ["a title in its 8-bit form", "a\u009d0;title\u009cb", "ab"],
    ["a hyperlink, keeping its text", "\u001b]8;;https://x\u001b\\text\u001b]8;;\u001b\\", "text"],
    ["a device control string", "a\u001bP1$r0m\u001b\\b", "ab"],
    ["the same in its 8-bit form", "a\u00901$r0m\u009cb", "ab"],
    ["an application's command", "a\u001b_G1;x\u001b\\b", "ab"],
    ["a reset", "a\u001bcb", "ab"],
    ["a choice of character set", "a\u001b(Bb", "ab"],
    ["an ESC without a sequence", "a\u001b", "a"],
    ["NUL, BEL, backspace and DEL", "a\u0000\u0007\u0008\u007fb", "ab"],
  ])("has lost %s", (_, text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned);
  });

  test("keeps the text after an unterminated string", () => {
    expect(cleanText("a\u001b]0;b\nc")).toBe("a0;b\nc");
    expect(cleanText("a\u009d0;b\nc")).toBe("a0;b\nc");
  });

  test("keeps the text between wrongly decoded quotation marks", () => {
    expect(cleanText("â\u0080\u009cone â\u0080\u009dtwoâ\u0080\u009c")).toBe("âone âtwoâ");
    expect(cleanText("â\u0080\u0098one â\u0080\u009ctwo")).toBe("âone âtwo");
  });

  test("has no escape sequence, even if one was nested in another", () => {
    expect(cleanText("\u001b\u001b[0m[201~")).toBe("[201~");
  });

  test("has LF for CRLF and CR, and keeps tabs and newlines", () => {
    expect(cleanText("a\r\nb\rc\n\td\r\r\ne\r\rf")).toBe("a\nb\nc\n\td\ne\n\nf");
  });

  test.each([
    ["a right-to-left override", "\u202e", "⟨U+202E⟩"],
    ["an isolate", "\u2066", "⟨U+2066⟩"],
    ["an Arabic letter mark", "\u061c", "⟨U+061C⟩"],
    ["a zero-width space", "\u200b", "⟨U+200B⟩"],
    ["a zero-width joiner", "\u200d", "⟨U+200D⟩"],
    ["a BOM", "\ufeff", "⟨U+FEFF⟩"],
    ["an interlinear annotation", "\ufff9", "⟨U+FFF9⟩"],
    ["a soft hyphen", "\u00ad", "⟨U+00AD⟩"],
    ["an invisible tag character", "\u{e0041}", "⟨U+E0041⟩"],
    ["a variation selector without effect", "\u{e0101}", "⟨U+E0101⟩"],
  ])("shows %s", (_, character, shown) => {
    expect(cleanText(`a${character}b`)).toBe(`a${shown}b`);
  });

  test("keeps an emoji's variation selector, but not a row of them", () => {
    expect(cleanText("❤\ufe0f")).toBe("❤\ufe0f");
    expect(cleanText("❤\ufe0f\ufe0f")).toBe("❤\ufe0f⟨U+FE0F⟩");
  });

  test.each([
    ["a person's emoji", "👩\u200d💻 🤷🏽\u200d♂\ufe0f ❤\ufe0f\u200d🔥 👨\u200d👩\u200d👧"],
    ["Persian", "می\u200cخواهم"],
    ["Hindi", "क्\u200dष"],
    ["Malayalam", "അവന്\u200d, നന്\u200dമ"],
    ["Bengali", "র\u200d্যাব"],
  ])("keeps the joiners that %s needs", (_, text) => {
    expect(cleanText(text)).toBe(text);
  });

  test.each([
    ["a row of joiners", "👩\u200d\u200d💻", "👩⟨U+200D⟩⟨U+200D⟩💻"],
    ["a joiner at an end", "👩\u200d, می\u200c.", "👩⟨U+200D⟩, می⟨U+200C⟩."],
    ["a joiner between Latin letters", "pass\u200cword", "pass⟨U+200C⟩word"],
  ])("shows %s", (_, text, shown) => {
    expect(cleanText(text)).toBe(shown);
  });

  test("stays the same if it is cleaned again, whatever the joiners are between", () => {
    const parts = [..."\u200c\u200d\u061c\u034f\ufe0f\u0301\u064bمیक्്a", "👩", "💻", "🏽", "❤"];
    const text = fc.array(fc.constantFrom(...parts), { maxLength: 8 }).map((some) => some.join(""));
    fc.assert(
      fc.property(text, (some) => {
        expect(cleanText(cleanText(some))).toBe(cleanText(some));
      }),
      { numRuns: 2000 },
    );
  });

  test("replaces lone surrogates, even if a control character split a pair", () => {
    expect(cleanText("\ud83d, \ude00, \ud83d\u0000\ude00, 😀")).toBe("\ufffd, \ufffd, \ufffd\ufffd, 😀");
  });

  test("has no control characters, is well-formed, and stays the same if it is cleaned again", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const cleaned = cleanText(text);
        expect(invisibleIn(cleaned)).toEqual([]);
        expect(cleanText(cleaned)).toBe(cleaned);
      }),
    );
  });

  test.each(["\u001b", "\u001b]", "\u001b]0;", "\u009d1;", "\u001b[", "\u001b[1;", "\u009b0", "[relay "])(
    "ends even for 65,536 characters of %j",
    (part) => {
      for (const text of [part.repeat(65_536).slice(0, 65_536), part + "0".repeat(65_536)]) {
        expect(cleanText(cleanText(text))).toBe(cleanText(text));
      }
    },
  );
});

describe("the first bytes of a text", () => {
  test("are as many whole characters as fit", () => {
    expect(cutToBytes("aé€😀b", 9).text).toBe("aé€");
    expect(cutToBytes("aé€😀b", 10).text).toBe("aé€😀");
    expect(cutToBytes("aé€😀b", 100).text).toBe("aé€😀b");
    expect(cutToBytes("😀", 0).text).toBe("");
  });

  test("are never more than the limit, nor fewer than possible", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), fc.nat(40), (text, max) => {
        const first = cutToBytes(text, max).text;
        const [next = ""] = text.slice(first.length);
        expect(text.startsWith(first)).toBe(true);
        expect(byteLength(first)).toBeLessThanOrEqual(max);
        if (next !== "") expect(byteLength(first) + 4).toBeGreaterThan(max);
      }),
    );
  });
});
