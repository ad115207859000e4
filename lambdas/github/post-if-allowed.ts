import { isRefusal, NotInstalledError } from "../model/errors.js";
import { log } from "../runtime/log.js";
import { refusedPost } from "./refused-post.js";

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible */
const lacksPermission = /not accessible by integration/i;

/**
 * Posts something on GitHub if GitHub allows it, so no flow fails because a comment, a reaction or a check run is
 * rejected. An issue may be locked (403), deleted or moved (301, 404, 410), its repository archived (403) or blocked
 * (451), the text not accepted (422), or the App no longer installed. Operators see this in the log and in its metric. If
 * the App lacks a permission, this throws: operators have to grant it and redrive the run. Returns whether it was posted.
 */
export async function postIfAllowed(
  what: { said: string; repositoryId: number },
  post: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await post();
    return true;
  } catch (error) {
    const isRefused = isRefusal(error, 301, 403, 404, 410, 422, 451) && !lacksPermission.test(error.reason);
    if (!isRefused && !(error instanceof NotInstalledError)) throw error;
    log.error(refusedPost, { ...what, error: error.name, reason: isRefused ? error.reason : error.message });
    return false;
  }
}
