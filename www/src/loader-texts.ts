/** The texts that are needed before the page's script in one language has been loaded. */
export interface LoaderTexts {
  readonly unsupportedTitle: string;
  readonly unsupported: string;
  readonly supportedBrowsers: string;
  readonly newJavaScript: string;
  readonly readingInWorkers: string;
  readonly scriptFailed: string;
  readonly newVersion: string;
  readonly useNewVersion: string;
  readonly otherWindowsOpen: string;
}

/** The texts by language, set by the build from `packages/nucleoscope/src/languages/`. */
declare const LOADER_TEXTS: Readonly<Record<string, LoaderTexts>>;

/** The texts in a language of the page. */
export function loaderTexts(language: string): LoaderTexts {
  return LOADER_TEXTS[language] as LoaderTexts;
}
