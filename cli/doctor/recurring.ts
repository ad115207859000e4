import { paginateListSchedules, SchedulerClient, type ScheduleSummary } from "@aws-sdk/client-scheduler";
import { recurringActions } from "../../infra/definition/actions.js";
import { type Check, fault, faultsOr, ok } from "./finding.js";

/** The schedules of the relay's own Lambdas. */
export const recurring: Check = {
  name: "Schedules",
  async run({ isLocal, stackName }) {
    if (isLocal) return [ok("npm start runs the relay's own Lambdas by itself")];
    const group = `${stackName}-recurring`;
    const all = await list(group);
    const disabled = all.filter(({ State }) => State !== "ENABLED");
    const missing = recurringActions.filter(({ name }) => !all.some(({ Name }) => Name === name));
    return faultsOr(
      [
        ...disabled.map(({ Name }) =>
          fault(`the schedule of λ ${Name} is disabled`, "Enable it in EventBridge Scheduler."),
        ),
        ...missing.map(({ name, expression }) =>
          fault(
            `the schedule of λ ${name} is missing`,
            `Create it again in the group ${group} of EventBridge Scheduler, as ${name}: ${expression}, with that Lambda as its target. A deployment doesn't notice that it is missing.`,
          ),
        ),
      ],
      `the relay's own ${all.length} are enabled`,
    );
  },
};

async function list(GroupName: string): Promise<ScheduleSummary[]> {
  const found: ScheduleSummary[] = [];
  const pages = paginateListSchedules({ client: new SchedulerClient({}) }, { GroupName });
  for await (const { Schedules = [] } of pages) found.push(...Schedules);
  return found;
}
