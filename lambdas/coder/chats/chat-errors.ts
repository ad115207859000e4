import {
  ChatOwnerError,
  ChatsForbiddenError,
  ChatsUnavailableError,
  ChatUsageLimitError,
  isRefusal,
  TextDeniedError,
  TransientError,
} from "../../model/errors.js";

/** Coder's messages (coderd/exp_chats.go), for cases that the status alone does not distinguish. */
const messages = {
  ownerOnly: /^Only the chat owner may send messages/,
  usageLimit: /^Chat usage limit exceeded/,
  off: /^(AI Gateway must be enabled|Chat processor is unavailable)/,
};

/** Turns an error of the Chats API into one that says what to do, if there is one; otherwise returns the same error. */
export function toChatError(error: unknown): unknown {
  if (isRefusal(error, 403)) {
    if (error.kind === "hook_denied") {
      return new TextDeniedError(
        `A lifecycle hook of the Coder deployment rejects this text: ${error.reason.replace(/\.?$/, ".")} Say it in other words, or ask the administrators of Coder about the hook.`,
      );
    }
    if (messages.ownerOnly.test(error.reason)) {
      return new ChatOwnerError(
        `Coder accepts messages for a chat only from its owner, and this chat belongs to another user: ${error.reason} CODER_CHAT_IDENTITY or the user of the Coder token has changed since it was created. Change that back, or unassign the agent and assign it again to create a new chat.`,
      );
    }
    return new ChatsForbiddenError(
      `Coder does not allow ${error.request}: ${error.reason} The chat's owner needs the role "Coder Agents User" (agents-access) and membership in the organization of CODER_ORGANIZATION; a service account is given the role directly. In Coder 2.32, chats also need the experiment \`agents\`.`,
    );
  }
  if (isRefusal(error, 409) && messages.usageLimit.test(error.reason)) {
    return new ChatUsageLimitError(
      `Coder has refused ${error.request}: ${error.reason} Raise the chat owner's limit in Coder, or wait for its period to end; then redrive this run.`,
    );
  }
  if (error instanceof TransientError && messages.off.test(error.answer?.reason ?? "")) {
    return new ChatsUnavailableError(
      `Coder Agents are off: ${error.answer?.reason} Set CODER_AI_GATEWAY_ENABLED=true on the Coder server, then redrive this run.`,
    );
  }
  return error;
}
