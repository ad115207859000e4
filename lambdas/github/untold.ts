import { isRefusal, NotInstalledError } from "../model/errors.js";
import { log } from "../runtime/log.js";
import { nobodyTold } from "./nobody-told.js";

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible */
const lacksPermission = /not accessible by integration/i;

/**
 * Says something on GitHub, if GitHub lets us: nothing that the relay does fails because nobody can be told of it. An
 * issue may be locked (403), deleted or moved (301, 404, 410), its repository archived (403) or blocked (451), the
 * text unwelcome (422), or the App not installed any more. Operators see it in the log and by its metric. A permission
 * that the App lacks is another matter: they grant it and redrive the run. Returns whether it was said.
 */
export async function sayIfPossible(
  what: { said: string; repositoryId: number },
  say: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await say();
    return true;
  } catch (error) {
    const isRefused = isRefusal(error, 301, 403, 404, 410, 422, 451) && !lacksPermission.test(error.reason);
    if (!isRefused && !(error instanceof NotInstalledError)) throw error;
    log.error(nobodyTold, { ...what, error: error.name, reason: isRefused ? error.reason : error.message });
    return false;
  }
}
