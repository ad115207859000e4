/**
 * The webhooks that the relay handles: GitHub's names for the events and their actions. `push` and `status` have no
 * actions. The ingress skips all other events before it checks anything else.
 */
const handledActions = {
  issues: ["assigned", "unassigned", "reopened", "closed", "deleted", "transferred"],
  issue_comment: ["created", "edited", "deleted"],
  pull_request_review_comment: ["created", "edited", "deleted"],
  pull_request_review: ["submitted", "edited"],
  workflow_run: ["completed", "requested"],
  check_run: ["completed"],
  status: undefined,
  push: undefined,
  pull_request: [
    "opened",
    "closed",
    "reopened",
    "synchronize",
    "ready_for_review",
    "converted_to_draft",
    "edited",
    "assigned",
    "unassigned",
    "review_requested",
    "review_request_removed",
    "dequeued",
  ],
  installation: ["created", "unsuspend", "deleted", "suspend"],
  installation_repositories: ["added", "removed"],
} as const;

/** The events that the App must subscribe to. GitHub sends the others anyway. */
export const subscribedEvents = /* @__PURE__ */ Object.keys(handledActions).filter(
  (event) => !event.startsWith("installation"),
);

export type HandledEvent = keyof typeof handledActions;

export function isHandledEvent(event: string): event is HandledEvent {
  return Object.hasOwn(handledActions, event);
}

/** Whether the relay handles an event with this action; `action` is ignored if the event has none. */
export function isHandledAction(event: HandledEvent, action: string): boolean {
  const actions: readonly string[] | undefined = handledActions[event];
  return actions === undefined || actions.includes(action);
}
