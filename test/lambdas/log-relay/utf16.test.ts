import { describe, expect, test } from "@jest/globals";
import { excerptOf } from "../../../lambdas/log-relay/excerpt.js";

async function shown(...parts: (string | { utf16: string; end?: string })[]): Promise<string> {
  const bytes = Buffer.concat(
    parts.map((part) =>
      typeof part === "string"
        ? Buffer.from(part)
        : Buffer.from(`${part.utf16}${part.end ?? "\r\n"}`, "utf16le"),
    ),
  );
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  }
  return excerptOf(chunks(), 8192);
}

const stamp = "2026-03-04T05:06:07.1234567Z ";

describe("UTF-16 inside a log of UTF-8 becomes text again:", () => {
  test.each([
    "WSL has no installed distributions.",
    "Ошибка: файл не найден",
    "错误：文件已损坏 x",
    "Fehler: Datei „a“ fehlt",
    // Characters with a byte of a line end: U+4E0A, U+4E0D, U+0D05, U+0A15.
    "上传失败: 不是内部或外部命令",
    "不上",
    "path C:\\不 not found 上",
    "error: അ ਕ",
  ])("%s", async (line) => {
    expect(await shown(`${stamp}before\n${stamp}`, { utf16: line }, `${stamp}after\n`)).toBe(
      `before\n${line}\nafter`,
    );
    expect(await shown(`${stamp}before\n${stamp}`, { utf16: line, end: "\n" }, `${stamp}after\n`)).toBe(
      `before\n${line}\nafter`,
    );
  });

  test("after other text", async () => {
    expect(await shown(`${stamp}wsl: `, { utf16: "no distributions" }, `${stamp}after\n`)).toBe(
      "wsl: no distributions\nafter",
    );
  });
});

test("elsewhere only NULs are dropped", async () => {
  expect(await shown("one\0two \0é\0\n\0\0three\n")).toBe("onetwo é\nthree");
});
