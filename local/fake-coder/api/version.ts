export type CoderVersion = "2.30" | "2.34" | "2.35" | "2.37" | "2.38" | "2.40";

export const v2Chats = "/api/v2/chats";
export const experimentalChats = "/api/experimental/chats";

/** The features of a Coder release in which clients can see a difference. */
export interface Release {
  /** The version in `/api/v2/buildinfo`. */
  readonly build: string;
  readonly tasks: boolean;
  readonly chats: boolean;
  /** The paths of the Chats API, if the server has it. */
  readonly chatMounts: readonly string[];
  /**
   * Whether chats work as before the state machine: they start as `pending`, archiving stops a running one, and an
   * interrupt is never refused.
   */
  readonly legacyChats: boolean;
  /** Whether a chat can be created for another user. */
  readonly ownerId: boolean;
  /** Whether `source:` is a key of the chat search. */
  readonly chatSources: boolean;
  /**
   * Whether a chat's owner can edit queued messages (and the chat be `paused` at one), and only the owner can delete them
   * (coder/coder#29215).
   */
  readonly queueEdits: boolean;
}

const experimentalOnly = {
  chatMounts: [experimentalChats],
  legacyChats: true,
  ownerId: false,
  chatSources: false,
  queueEdits: false,
};
const stateMachine = {
  tasks: false,
  chats: true,
  legacyChats: false,
  chatSources: true,
  queueEdits: false,
};

export const releases: Record<CoderVersion, Release> = {
  "2.30": { build: "v2.30.0+fake", tasks: true, chats: false, ...experimentalOnly },
  "2.34": { build: "v2.34.1+fake", tasks: true, chats: false, ...experimentalOnly },
  "2.35": { build: "v2.35.0+fake", tasks: true, chats: true, ...experimentalOnly, chatSources: true },
  "2.37": {
    build: "v2.37.1+fake",
    ...stateMachine,
    chatMounts: [v2Chats, experimentalChats],
    ownerId: false,
  },
  "2.38": { build: "v2.38.0+fake", ...stateMachine, chatMounts: [v2Chats], ownerId: true },
  "2.40": {
    build: "v2.40.0+fake",
    ...stateMachine,
    chatMounts: [v2Chats],
    ownerId: true,
    queueEdits: true,
  },
};
