/** Loads the page's script in the language that the browser prefers, if the browser has what the page needs. */
import { chosenLanguage } from "./language.ts";
import { text } from "./loader-text.ts";
import { keepFiles } from "./offline.ts";
import { isSupported, make, show, showUnsupported } from "./requirements.ts";
import { trustedUrl } from "./trusted-url.ts";

if (isSupported(false)) load();

function load(): void {
  // Not a module: those are refused in a frame that is sandboxed without allow-same-origin.
  const script = document.createElement("script");
  const name = `page.${chosenLanguage()}.js`;
  let reason = name;
  addEventListener("error", ({ message }) => {
    reason = message;
  });
  script.src = trustedUrl(name);
  script.onload = () => {
    if (customElements.get("nucleo-scope") === undefined) showUnsupported([reason]);
  };
  script.onerror = () => show([make("p", `${name}: ${text.scriptFailed}`)]);
  document.head.appendChild(script);
  const isEmbedded = new URLSearchParams(location.search).get("embed") === "1";
  if (!isEmbedded) keepFiles();
}
