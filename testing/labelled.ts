/** Runs checks whose failure begins with the label, for values that many cases share. */
export function labelled(label: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(`${label}\n\n${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
