/** Who reads a status comment: everybody, where the repository is public. */
export type Audience = { private: boolean };

/** An error as a flow knows it: its name, and its words for operators. */
export interface Failure {
  name?: string | null | undefined;
  message: string;
}

/** Errors whose words are about the requester alone, and say nothing of the deployment. */
const tellable: readonly string[] = ["NoCoderUserError"];

/** What is said of an error in public: what has happened and who can mend it, without names, addresses or answers. */
const publicTexts: Readonly<Record<string, string>> = {
  ChatUsageLimitError: "The AI budget in Coder is used up.",
  ChatsUnavailableError: "Coder Agents are off on the Coder server.",
  CoderUnauthorizedError:
    "Coder does not accept the relay's token: an operator has to put a valid one into the Coder token secret.",
  GitHubUnauthorizedError:
    "GitHub does not accept the App's key: an operator has to look at the App's secret.",
  NoTaskApiError: "The Coder server has neither the Tasks API nor the Chats API.",
  NotCoderError:
    "Something other than Coder answers at CODER_URL. Set CODER_URL to the address at which Coder itself answers.",
  PresetNotFoundError: "The preset that CODER_TEMPLATE_PRESET names is not among those of the template.",
  RateLimitedError: "A service has limited the rate of requests for too long.",
  TaskBrokenError:
    "The task has not started: look at its workspace build in Coder, and mend what is wrong there.",
  TaskNameTakenError: "Every name that the task could have is taken in Coder.",
  TemplateNotFoundError:
    "The template that CODER_TEMPLATE_NAME or CODER_FACTORY_TEMPLATE names is not in the organization of CODER_ORGANIZATION.",
  TextDeniedError:
    "A hook of the Coder deployment lets no agent have this text. Say it in other words, or ask the administrators of Coder about the hook.",
  TransientError: "A service that the relay needs did not answer for too long.",
};

const anyFailure = "Something went wrong that an operator has to look at.";

/**
 * The words of an error for a page on GitHub. In public they hold nothing of what Coder, GitHub or AWS have answered,
 * no hosts and no users: operators find these by the reference.
 */
export function failureText({ name, message }: Failure, { private: isPrivate }: Audience): string {
  const isTold = isPrivate || tellable.includes(name ?? "");
  return isTold ? message : (publicTexts[name ?? ""] ?? anyFailure);
}

/** Why a turn has failed is in Coder's and the provider's words. */
const failedTurn = /^The last turn has failed\b.*$/gm;
const failedTurnInPublic =
  "The last turn has failed: the task's page in Coder says why. The next comment makes the agent try again.";

const addresses: readonly RegExp[] = [
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s<>"'`]+/gi,
  /[^\s<>()"'`,;]+@[^\s<>()"'`,;]+\.[^\s<>()"'`,;]+/g,
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.])/g,
  /(?<![\w.-])(?:[a-z0-9_-]+\.)+(?:internal|intranet|intra|local|localdomain|lan|corp|home|private|svc)(?:\.[a-z.]+)?(?::\d+)?(?![\w-])/gi,
  /(?<![\w.-])localhost(?::\d+)?(?![\w-])/gi,
];

/**
 * What is told of the work, for a page on GitHub: in public without addresses and hosts, but for the repository's own
 * `page` and those below it; `hosts` are others to leave out.
 */
export function reportText(
  report: string,
  { private: isPrivate }: Audience,
  { page, hosts }: { page: string; hosts: readonly string[] },
): string {
  if (isPrivate) return report;
  const words = report.replace(failedTurn, failedTurnInPublic);
  const isOwn = (address: string) => `${address}/`.toLowerCase().startsWith(`${page}/`.toLowerCase());
  const shown = addresses.reduce(
    (text, pattern) => text.replace(pattern, (found) => (isOwn(found) ? found : leftOut)),
    words,
  );
  return hosts.reduce((text, host) => text.replaceAll(host, leftOut), shown);
}

const leftOut = "(left out)";
