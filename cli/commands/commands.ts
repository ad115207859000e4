import type { CommandMaker } from "../program/main.js";
import { failed } from "./failed.js";

/** All commands, in the order of the help. */
export const commands: readonly CommandMaker[] = [failed];
