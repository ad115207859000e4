/** How the person who asked for the work is notified that somebody has to act: NOTIFY in the settings. */
export const notifications = ["mention", "review", "none"] as const;
export type Notification = (typeof notifications)[number];
