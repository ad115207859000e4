/**
 * The escape sequences of ECMA-48, complete and in both forms, 7-bit and 8-bit: nothing remains of `ESC [ 201 ~`.
 *
 * - A control sequence: CSI, parameters, intermediates, a final byte.
 * - A string (OSC; DCS, SOS, PM, APC): up to its terminator, on one line and with no other control character
 *   before it. Without such a terminator, only the introducer is removed: a stray byte, for example from wrongly
 *   decoded quotation marks, must not remove the rest of a comment.
 * - Any other: ESC, intermediates, a final byte.
 */
const sequences = [
  String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]`,
  String.raw`(?:\u001b\]|\u009d)[^\u0000-\u0008\u000a-\u001f\u007f-\u009f]*(?:\u0007|\u001b\\|\u009c)`,
  String.raw`(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\u0000-\u0008\u000a-\u001f\u007f-\u009f]*(?:\u001b\\|\u009c)`,
  String.raw`\u001b[ -/]*[0-~]`,
];

const pattern = new RegExp(sequences.join("|"), "g");

/** Removes escape sequences. Other control characters stay: see `withoutControls`. */
export function withoutEscapeSequences(text: string): string {
  return text.replace(pattern, "");
}
