/** `10Gi` and its common variants: `10gb`, `10 GB`, `10G`. A JSON Schema's patterns have no flags. */
export const volumeSizePattern = /^[1-9][0-9]{0,11} ?[KkMmGgTt][Ii]?[Bb]?$/;

const units = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const isUnit = (letter: string): letter is keyof typeof units => letter in units;

/** The range of a Kubernetes quantity, which is a 64-bit number of bytes. The template knows the cloud's own limit. */
export const volumeSizeLimits = { smallest: "1Ki", largest: "8388607Ti" };

/**
 * The size as a Kubernetes quantity with a binary unit: `10gb` → `10Gi`. The number does not change. `undefined` if the
 * text is not a size, or if the size is out of range.
 */
export function normalisedVolumeSize(text: string): string | undefined {
  const size = parse(text);
  const { smallest, largest } = volumeSizeLimits;
  if (!size || size.bytes < bytesOf(smallest) || size.bytes > bytesOf(largest)) return undefined;
  return size.text;
}

function bytesOf(text: string): number {
  return parse(text)?.bytes ?? Number.NaN;
}

function parse(text: string): { text: string; bytes: number } | undefined {
  if (!volumeSizePattern.test(text)) return undefined;
  const amount = Number.parseInt(text, 10);
  const unit = text
    .replace(/^[0-9]+ ?/, "")
    .charAt(0)
    .toUpperCase();
  return isUnit(unit) ? { text: `${amount}${unit}i`, bytes: amount * units[unit] } : undefined;
}
