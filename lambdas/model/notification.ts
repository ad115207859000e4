/** How the person who asked for work is told that somebody has to act: NOTIFY in the settings. */
export const notifications = ["mention", "review", "none"] as const;
export type Notification = (typeof notifications)[number];
