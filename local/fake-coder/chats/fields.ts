import { Refusal, textField, uuidField } from "../api/coder-api.js";
import { chatModelId } from "./json.js";

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

export function planModeField(body: Record<string, unknown>): string | undefined {
  const mode = textField(body, "plan_mode");
  if (mode === undefined || mode === "" || mode === "plan") return mode;
  throw new Refusal(400, "Invalid plan_mode value.");
}

export function assertModel(body: Record<string, unknown>): void {
  const wanted = uuidField(body, "model_config_id");
  if (wanted === undefined || wanted === chatModelId) return;
  throw new Refusal(400, "Invalid model_config_id: model config not found or disabled.");
}

export function assertMcpServers(body: Record<string, unknown>): void {
  const ids = body.mcp_server_ids;
  if (!Array.isArray(ids) || ids.length === 0) return;
  throw new Refusal(
    400,
    "One or more MCP server IDs are invalid or disabled.",
    `Invalid IDs: ${ids.join(", ")}`,
  );
}

export function assertEffort(body: Record<string, unknown>): void {
  const effort = textField(body, "reasoning_effort");
  if (effort === undefined || efforts.includes(effort)) return;
  throw new Refusal(400, "Invalid reasoning_effort value.");
}
