interface Policy {
  createScriptURL(url: string): string;
}

/** What TypeScript's library does not declare yet. */
declare const trustedTypes: { createPolicy(name: string, rules: Policy): Policy } | undefined;

const asItIs: Policy = { createScriptURL: (url) => url };

const policy = typeof trustedTypes === "undefined" ? asItIs : trustedTypes.createPolicy("nucleoscope-loader", asItIs);

/** Marks the address of a script of this page, as its Content-Security-Policy demands. */
export function trustedUrl(url: string): string {
  return policy.createScriptURL(url);
}
