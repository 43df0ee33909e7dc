import { chosenLanguage } from "./language.ts";

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

/** The texts in the language of the page. */
export const text = LOADER_TEXTS[chosenLanguage()] as LoaderTexts;
