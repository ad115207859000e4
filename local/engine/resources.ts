/** The resources that a Task may name, with the terms that the history has for each. */
export const taskResources = {
  "arn:aws:states:::lambda:invoke": { resourceType: "lambda", resource: "invoke" },
  "arn:aws:states:::states:startExecution": { resourceType: "states", resource: "startExecution" },
} as const;

export type TaskResourceArn = keyof typeof taskResources;
