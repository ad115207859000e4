/**
 * Divides `budget` bytes. Each party requests bytes, and may request more in later rounds. In every round, small requests
 * are granted in full, and the others get equal shares of the rest.
 */
export function shareBudget(budget: number, rounds: readonly (readonly number[])[]): number[] {
  const shares: number[] = Array(rounds[0]?.length ?? 0).fill(0);
  let left = budget;
  for (const requests of rounds) {
    const open = [...requests.keys()].sort((a, b) => missing(a) - missing(b));
    function missing(index: number): number {
      return Math.max(0, (requests[index] as number) - (shares[index] as number));
    }
    for (const [done, index] of open.entries()) {
      const granted = Math.min(missing(index), Math.floor(left / (open.length - done)));
      shares[index] = (shares[index] as number) + granted;
      left -= granted;
    }
  }
  return shares;
}
