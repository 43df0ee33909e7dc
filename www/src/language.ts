/** The codes of the languages that the page was built in, set by the build. */
declare const LANGUAGES: readonly string[];

/** The language of the page: that of its address (`?lang=de`), else the first one of the browser's that there is. */
export function chosenLanguage(): string {
  const named = new URLSearchParams(location.search).getAll("lang");
  const codes = [...named, ...navigator.languages].map((tag) => tag.split("-")[0]?.toLowerCase() ?? "");
  return codes.find((code) => LANGUAGES.includes(code)) ?? "en";
}

/** The codes of all languages, and the addresses of the page in them. */
export function languageAddresses(): readonly { readonly code: string; readonly href: string }[] {
  return LANGUAGES.map((code) => {
    const address = new URL(location.href);
    address.searchParams.set("lang", code);
    return { code, href: address.href };
  });
}
