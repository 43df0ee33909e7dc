/** Saves a file the way a download does. */
export function save(name: string, contents: Blob): void {
  const address = URL.createObjectURL(contents);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser may still be about to read it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
