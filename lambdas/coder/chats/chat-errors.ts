import {
  ChatOwnerError,
  ChatsForbiddenError,
  ChatsUnavailableError,
  ChatUsageLimitError,
  isRefusal,
  TextDeniedError,
  TransientError,
} from "../../model/errors.js";

/** Coder's words (coderd/exp_chats.go), where a status alone does not tell what is wrong. */
const words = {
  ownerOnly: /^Only the chat owner may send messages/,
  usageLimit: /^Chat usage limit exceeded/,
  off: /^(AI Gateway must be enabled|Chat processor is unavailable)/,
};

/** What a request to the Chats API failed with, as the error that says what to do about it, where there is one. */
export function toChatError(error: unknown): unknown {
  if (isRefusal(error, 403)) {
    if (error.kind === "hook_denied") {
      return new TextDeniedError(
        `A lifecycle hook of the Coder deployment lets no agent have this text: ${error.reason.replace(/\.?$/, ".")} Say it in other words, or ask the administrators of Coder about the hook.`,
      );
    }
    if (words.ownerOnly.test(error.reason)) {
      return new ChatOwnerError(
        `Coder takes messages for a chat from its owner alone, and this chat is another user's: ${error.reason} CODER_CHAT_IDENTITY or the user of the Coder token was changed since it was created. Change that back, or unassign the agent and assign it again: a new chat is created.`,
      );
    }
    return new ChatsForbiddenError(
      `Coder does not allow ${error.request}: ${error.reason} The chat's owner needs the role "Coder Agents User" (agents-access) and membership in the organization of CODER_ORGANIZATION; a service account is given the role directly. In Coder 2.32 chats also want the experiment \`agents\`.`,
    );
  }
  if (isRefusal(error, 409) && words.usageLimit.test(error.reason)) {
    return new ChatUsageLimitError(
      `Coder has refused ${error.request}: ${error.reason} Raise the chat owner's limit in Coder, or wait for its period to end; then redrive this run.`,
    );
  }
  if (error instanceof TransientError && words.off.test(error.answer?.reason ?? "")) {
    return new ChatsUnavailableError(
      `Coder Agents are off: ${error.answer?.reason} Set CODER_AI_GATEWAY_ENABLED=true on the Coder server, then redrive this run.`,
    );
  }
  return error;
}
