/** What a Task's `Resource` may name, with the words that the history has for it. */
export const taskResources = {
  "arn:aws:states:::lambda:invoke": { resourceType: "lambda", resource: "invoke" },
  "arn:aws:states:::states:startExecution": { resourceType: "states", resource: "startExecution" },
} as const;

export type TaskResourceArn = keyof typeof taskResources;
