import type { ExecutionDescription, HistoryEvent, MachineDescription } from "../../engine/index.js";
import { epochSeconds } from "../protocol/aws-json.js";

/** The engine's data in the shapes of the Step Functions API. */

const roleArn = "arn:aws:iam::000000000000:role/local";
const included = { included: true };

export function describeExecution(execution: ExecutionDescription): object {
  const { input, output, error, cause, redriveStatus, redriveStatusReason } = execution;
  return {
    ...listExecution(execution),
    input,
    inputDetails: included,
    ...(output !== undefined && { output, outputDetails: included }),
    error,
    cause,
    redriveStatus,
    redriveStatusReason,
  };
}

export function listExecution(execution: ExecutionDescription): object {
  const { executionArn, stateMachineArn, name, status, startDate, stopDate, redriveCount, redriveDate } =
    execution;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: epochSeconds(startDate),
    ...(stopDate && { stopDate: epochSeconds(stopDate) }),
    redriveCount,
    ...(redriveDate && { redriveDate: epochSeconds(redriveDate) }),
  };
}

export function listMachine({ arn, name, created }: MachineDescription): object {
  return { stateMachineArn: arn, name, type: "STANDARD", creationDate: epochSeconds(created) };
}

export function describeMachine(machine: MachineDescription): object {
  return { ...listMachine(machine), status: "ACTIVE", ...machineConfiguration(machine) };
}

/** The definition of a state machine, with AWS's defaults for the other settings. */
export function machineConfiguration({ definition }: MachineDescription): object {
  return {
    definition,
    roleArn,
    loggingConfiguration: { level: "OFF", includeExecutionData: false },
    tracingConfiguration: { enabled: false },
    encryptionConfiguration: { type: "AWS_OWNED_KEY" },
  };
}

/** `includeExecutionData: false` omits inputs, outputs and parameters. */
const executionData = new Set(["input", "output", "parameters"]);

export function historyEvent(event: HistoryEvent, withData: boolean): object {
  const shown: Record<string, unknown> = { ...event, timestamp: epochSeconds(event.timestamp) };
  for (const [key, details] of Object.entries(event)) {
    if (key.endsWith("EventDetails")) shown[key] = eventDetails(details, withData);
  }
  if (event.executionStartedEventDetails) {
    shown.executionStartedEventDetails = { ...(shown.executionStartedEventDetails as object), roleArn };
  }
  return shown;
}

function eventDetails(details: object, withData: boolean): object {
  const shown: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(details)) {
    if (!withData && executionData.has(field)) continue;
    shown[field] = value;
    if (field === "input" || field === "output") shown[`${field}Details`] = { truncated: false };
  }
  return shown;
}
