/** The texts in the language of this build: the build replaces `english.ts` by another language. */
export * from "./languages/english.ts";
