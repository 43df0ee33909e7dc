/** Formats errors, the same way everywhere on the page. */

/** A text as a sentence, with a capital letter and a full stop. */
export function sentence(text: string): string {
  const end = /[.!?…]$/.test(text) ? "" : ".";
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}

/** An error as two sentences: what happened, and what to do about it. */
export function explanation({ message, help }: { readonly message: string; readonly help: string }): string {
  return `${sentence(message)} ${sentence(help)}`;
}
