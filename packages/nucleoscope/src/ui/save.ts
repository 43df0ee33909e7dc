/** Saves a file as a download. */
export function save(name: string, contents: Blob): void {
  const address = URL.createObjectURL(contents);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Kept for a while, as the browser reads it later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
