// Plain JavaScript, because the Lambdas' threads also import it.

const RealDate = Date;
let clock = { base: 0, rate: 1, aheadMs: 0 };

/**
 * Makes this thread's clock run `rate` times as fast as the machine's from `base` on, and sets it ahead by `aheadMs`.
 *
 * @param {{ base: number, rate: number, aheadMs: number }} next in milliseconds since the epoch, and milliseconds.
 */
export function setClock(next) {
  clock = next;
  if (globalThis.Date === RealDate) globalThis.Date = FastDate;
}

/** Milliseconds since the epoch, by the machine's clock. */
export const realNow = () => RealDate.now();

class FastDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(FastDate.now());
    else super(...parts);
  }

  static now() {
    const { base, rate, aheadMs } = clock;
    return Math.floor(base + (RealDate.now() - base) * rate + aheadMs);
  }
}
