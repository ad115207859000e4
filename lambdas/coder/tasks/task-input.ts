import type { TaskKey } from "../../model/record.js";
import { withEscapedInvisibles } from "../../text/invisible.js";
import { lineOfMark, markOfPrompt, type TaskMarks } from "../mark.js";
import type { TaskSpecification } from "../port.js";
import type { ApiTask } from "./task.js";

/** The input of a new task: the prompt, with the task's mark as its last line. The factory template takes it in JSON. */
export async function inputOf(specification: TaskSpecification, marks: TaskMarks): Promise<string> {
  const { prompt, factory, owner, name, work } = specification;
  const task = { backend: "tasks", owner, name, repositoryId: work.repositoryId, work: work.work } as const;
  const marked = `${prompt}\n\n${lineOfMark(await marks.markOf(task))}`;
  // JSON can show every character as an escape.
  return factory ? withEscapedInvisibles(JSON.stringify({ ...factory, ai_prompt: marked })) : marked;
}

/** Whether its mark proves that the relay created a task for this work. */
export function isMarkedFor(
  task: ApiTask,
  { repositoryId, work }: TaskKey,
  marks: TaskMarks,
): Promise<boolean> {
  const { owner_name: owner, name, initial_prompt: input } = task;
  const mark = markOfPrompt(promptOf(input));
  return marks.proves(mark, { backend: "tasks", owner, name, repositoryId, work });
}

/** The prompt in a task's input, which is JSON for the factory template. */
function promptOf(input: string): string {
  try {
    const { ai_prompt: prompt } = JSON.parse(input) as { ai_prompt?: unknown };
    return typeof prompt === "string" ? prompt : "";
  } catch {
    return input;
  }
}
