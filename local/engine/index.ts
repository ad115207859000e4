export { checkArn } from "./arn.js";
export { loadDefinition } from "./definition.js";
export {
  Engine,
  type EngineOptions,
  type MachineDescription,
  type StatusListener,
} from "./engine.js";
export { EngineError, type EngineErrorName } from "./errors.js";
export type { ExecutionDescription, ExecutionStatus } from "./execution-description.js";
export type { HistoryEvent, HistoryEventDetails, HistoryEventType, StateType } from "./history.js";
export type { Journal, StoredExecution } from "./journal.js";
export { exceedsPayloadLimit, maxPayloadBytes } from "./limits.js";
export { type Diagnostic, diagnose } from "./validate.js";
