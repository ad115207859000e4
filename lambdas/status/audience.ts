/** The readers of a status comment: everybody, if the repository is public. */
export type Audience = { private: boolean };

/** An error as a flow receives it: its name, and its message for operators. */
export interface Failure {
  name?: string | null | undefined;
  message: string;
}

/** Errors whose messages concern only the requester, and reveal nothing about the deployment. */
const shownInPublic: readonly string[] = ["NoCoderUserError"];

/** The public text of an error: what happened and who can fix it, without names, addresses or responses of services. */
const publicTexts: Readonly<Record<string, string>> = {
  ChatUsageLimitError: "The AI budget in Coder is used up.",
  ChatsUnavailableError: "Coder Agents are off on the Coder server.",
  CoderUnauthorizedError:
    "Coder does not accept the relay's token. An operator must put a valid one into the Coder token secret.",
  GitHubUnauthorizedError: "GitHub does not accept the App's key. An operator must check the App's secret.",
  NoTaskApiError: "The Coder server has neither the Tasks API nor the Chats API.",
  NotCoderError:
    "Something other than Coder answers at CODER_URL. Set CODER_URL to the address of Coder itself.",
  PresetNotFoundError: "The template does not have the preset that CODER_TEMPLATE_PRESET names.",
  RateLimitedError: "A service has limited the rate of requests for too long.",
  TaskBrokenError:
    "The task has not started. Check its workspace build in Coder, and fix what is wrong there.",
  TaskNameTakenError: "Every name that the task could have is taken in Coder.",
  TemplateNotFoundError:
    "The template that CODER_TEMPLATE_NAME or CODER_FACTORY_TEMPLATE names is not in the organization that CODER_ORGANIZATION names.",
  TextDeniedError:
    "A hook of the Coder deployment rejects this text. Say it in other words, or ask the administrators of Coder about the hook.",
  TransientError: "A service that the relay needs did not answer for too long.",
};

const anyFailure = "Something went wrong. An operator must look into it.";

/**
 * The text of an error for a page on GitHub. In public repositories it contains no response of Coder, GitHub or AWS, no host
 * and no user. Operators find these by the reference.
 */
export function failureText({ name, message }: Failure, { private: isPrivate }: Audience): string {
  const isShown = isPrivate || shownInPublic.includes(name ?? "");
  return isShown ? message : (publicTexts[name ?? ""] ?? anyFailure);
}

/** The reason of a failed turn is a text from Coder or the AI provider. */
const failedTurn = /^The last turn has failed\b.*$/gm;
const failedTurnInPublic =
  "The last turn has failed. The task's page in Coder says why. The next comment makes the agent try again.";

/** The patterns with `@` match only from the beginning of a word. From anywhere, a long word would take cubic time. */
const addresses: readonly RegExp[] = [
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s<>"'`]+/gi,
  // The last part of a domain has two letters or more; that of a package's version (`react@18.2.0`) begins with a digit.
  /(?<![^\s<>()"'`,;])[^\s<>()"'`,;]+@(?:[^\s<>()"'`,;@.]+\.)+\p{L}[^\s<>()"'`,;@.]+/gu,
  /(?:(?<![^\s<>()"'`,;])[^\s<>()"'`,;]+@|(?<![\w.]))\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?!\w|\.\d)/g,
  // An IPv6 address of the Internet (2…, 3…), of a private network (fc…, fd…) or of a link (fe80).
  /(?<![\w:.])(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe80):(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{0,4}(?![\w:])/gi,
  /(?<![\w.-])(?:[a-z0-9_-]+\.)+(?:internal|intranet|intra|local|localdomain|lan|corp|home|private|svc)(?:\.[a-z.]+)?(?::\d+)?(?![\w-])/gi,
  /(?<![\w.-])localhost(?::\d+)?(?![\w-])/gi,
];

/**
 * Coder's report for a page on GitHub. In public repositories, addresses and hosts are left out, except for the repository's
 * own `page` and the pages below it. `hosts` are more hosts to leave out.
 */
export function reportText(
  report: string,
  { private: isPrivate }: Audience,
  { page, hosts }: { page: string; hosts: readonly string[] },
): string {
  if (isPrivate) return report;
  const text = report.replace(failedTurn, failedTurnInPublic);
  const isOwn = (address: string) => `${address}/`.toLowerCase().startsWith(`${page}/`.toLowerCase());
  const shown = addresses.reduce(
    (rest, pattern) => rest.replace(pattern, (found) => (isOwn(found) ? found : leftOut)),
    text,
  );
  return hosts.reduce((rest, host) => rest.replaceAll(host, leftOut), shown);
}

const leftOut = "(left out)";
