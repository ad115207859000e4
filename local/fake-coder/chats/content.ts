import { Refusal } from "../api/coder-api.js";
import type { ChatPart } from "./turns.js";

/** The `content` of a create or a send: at least one part, none of them blank. Texts are trimmed. */
export function inputParts(body: Record<string, unknown>): ChatPart[] {
  const content = body.content ?? [];
  if (!Array.isArray(content)) {
    throw new Refusal(
      400,
      "Request body must be valid JSON.",
      "json: cannot unmarshal into field content of type []ChatInputPart",
    );
  }
  if (content.length === 0) throw new Refusal(400, "Content is required.", "Content cannot be empty.");
  return content.map((part: unknown, i) => inputPart(part, `content[${i}]`));
}

/** The text for the agent. */
export function textOf(content: readonly ChatPart[]): string {
  return content.map(({ text }) => text ?? "").join("\n");
}

function inputPart(part: unknown, at: string): ChatPart {
  const fields: Record<string, unknown> = typeof part === "object" && part !== null ? { ...part } : {};
  const { type } = fields;
  if (type === "text") {
    const text = `${fields.text ?? ""}`.trim();
    if (text === "") throw invalid(`${at}.text cannot be empty.`);
    return { type, text };
  }
  if (type === "file-reference") {
    const { file_name, start_line = 0, end_line = 0, content = "" } = fields;
    if (!file_name) throw invalid(`${at}.file_name cannot be empty for file-reference.`);
    return { type, file_name, start_line, end_line, content };
  }
  // The fake has no file uploads.
  if (type === "file") throw new Refusal(400, "Chat attachment unavailable.");
  throw invalid(`${at}.type "${type ?? ""}" is not supported.`);
}

function invalid(detail: string): Refusal {
  return new Refusal(400, "Invalid input part.", detail);
}
