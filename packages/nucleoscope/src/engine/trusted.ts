/** A policy for Trusted Types. */
interface Policy {
  createHTML(html: string): string;
  createScriptURL(url: string): string;
}

/** What TypeScript's library does not declare yet. */
declare const trustedTypes: { createPolicy(name: string, rules: Policy): Policy } | undefined;

const asItIs: Policy = { createHTML: (html) => html, createScriptURL: (url) => url };

let policy: Policy | null = null;

/**
 * Marks HTML and addresses of scripts that are this package's own, for pages with `require-trusted-types-for 'script'`
 * in their Content-Security-Policy. The policy is called `nucleoscope`, and is created when it is first needed.
 */
export function trusted(): Policy {
  policy ??= typeof trustedTypes === "undefined" ? asItIs : trustedTypes.createPolicy("nucleoscope", asItIs);
  return policy;
}
