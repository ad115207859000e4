import type { CommandMaker } from "../program/main.js";
import { cost } from "./cost.js";
import { doctor } from "./doctor.js";
import { end } from "./end.js";
import { failed } from "./failed.js";
import { inbox } from "./inbox.js";
import { policy } from "./policy.js";
import { reconcile } from "./reconcile.js";
import { redrive } from "./redrive.js";
import { replay } from "./replay.js";
import { rotate } from "./rotate.js";
import { setup } from "./setup.js";
import { status } from "./status.js";
import { tail } from "./tail.js";

/** All commands, in the order of the help. */
export const commands: readonly CommandMaker[] = [
  setup,
  doctor,
  status,
  tail,
  failed,
  inbox,
  redrive,
  replay,
  reconcile,
  end,
  rotate,
  cost,
  policy,
];
