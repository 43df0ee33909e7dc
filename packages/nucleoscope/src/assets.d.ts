/** Files that the build includes as text. */
declare module "*.css" {
  const text: string;
  export default text;
}

declare module "*.html" {
  const text: string;
  export default text;
}

/** The version of the package, set by the build. */
declare const VERSION: string;
