/**
 * Shares out `room` bytes. Each asks for an amount, and for more in later rounds; in every round the small wishes are
 * granted whole, and what is left is the same for all others.
 */
export function shareOut(room: number, rounds: readonly (readonly number[])[]): number[] {
  const shares: number[] = Array(rounds[0]?.length ?? 0).fill(0);
  let left = room;
  for (const wishes of rounds) {
    const open = [...wishes.keys()].sort((a, b) => missing(a) - missing(b));
    function missing(index: number): number {
      return Math.max(0, (wishes[index] as number) - (shares[index] as number));
    }
    for (const [done, index] of open.entries()) {
      const granted = Math.min(missing(index), Math.floor(left / (open.length - done)));
      shares[index] = (shares[index] as number) + granted;
      left -= granted;
    }
  }
  return shares;
}
