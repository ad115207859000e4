import { commands } from "./commands/commands.js";
import { main } from "./program/main.js";

/** `npm run relay -- <command>`: docs/cli.md. */

// The SDK, which commands load later, would print a warning about Node.js 20 among the results.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// A reader of the results, such as head, may close the pipe early.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2), commands, process);
