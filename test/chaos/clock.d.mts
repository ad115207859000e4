export interface Clock {
  /** Milliseconds since the epoch. */
  base: number;
  rate: number;
  aheadMs: number;
}
export function setClock(clock: Clock): void;
export function realNow(): number;
