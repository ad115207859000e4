import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { Access } from "../api/access.js";
import { type CoderApi, jsonObject, notFound, Refusal, textField } from "../api/coder-api.js";
import type { FakeTask } from "./fake-task.js";

/** The routes that use the task's AgentAPI: sending texts to the agent, and reading the log. */
export class TaskConversation {
  /** How many of the next texts arrive but are answered with 502. */
  failuresAfterEffect = 0;

  constructor(private readonly api: CoderApi) {}

  send(task: FakeTask, request: HttpRequest, caller: Access): HttpReply {
    const input = textField(jsonObject(request), "input") ?? "";
    if (input === "") throw new Refusal(400, "Task input is required.");
    this.#assertReachable(task, caller);
    if (!task.agent.isStable) {
      // 502 before Coder 2.32. There is no queue, so the caller has to keep the text.
      const status = this.api.isModern ? 409 : 502;
      throw new Refusal(status, "Task app is not ready to accept input.", "Status: running");
    }
    if (input.trim() === "") {
      throw rejected("message content must contain something other than whitespace");
    }
    task.agent.take(input);
    if (this.failuresAfterEffect > 0) {
      this.failuresAfterEffect -= 1;
      // AgentAPI gives up if the agent shows no activity within 15 s; the text stays in the terminal.
      throw rejected("failed to wait for processing to start: timeout");
    }
    return { status: 204 };
  }

  logs(task: FakeTask, caller: Access): HttpReply {
    const { agent, status } = task;
    if (status === "active" || !this.api.isModern) {
      this.#assertReachable(task, caller);
      return { status: 200, body: { logs: agent.log } };
    }
    if (status === "error" || status === "unknown") {
      throw new Refusal(409, "Cannot fetch logs for task in current state.", `Task status is "${status}".`);
    }
    const { snapshot } = agent;
    if (!snapshot) return { status: 200, body: { logs: [], snapshot: true } };
    return { status: 200, body: { logs: snapshot.entries, snapshot: true, snapshot_at: snapshot.at } };
  }

  #assertReachable(task: FakeTask, caller: Access): void {
    const { status } = task;
    if (status !== "active") {
      if (this.api.isModern && status === "paused") {
        throw new Refusal(409, "Task is paused.", "Resume the task to send messages.");
      }
      if (this.api.isModern && (status === "pending" || status === "initializing")) {
        const detail = "The task is resuming. Wait for the task to become active before sending messages.";
        throw new Refusal(409, `Task is ${status}.`, detail);
      }
      const detail = `Task status is "${status}", it must be "active" to interact with the task.`;
      throw new Refusal(400, "Task must be active.", detail);
    }
    // Talking to a task's agent needs more rights than reading the task: an org-admin gets a 404 here.
    if (!caller.connectsToWorkspacesOf(task.workspace.owner)) throw notFound();
  }
}

function rejected(detail: string): Refusal {
  return new Refusal(502, "Task app rejected the message.", detail);
}
