/** Loads the page's script in the language that the browser prefers. */
import { chosenLanguage } from "./language.ts";

// Not a module: those are refused in a frame that is sandboxed without allow-same-origin.
const script = document.createElement("script");
script.src = `page.${chosenLanguage()}.js`;
document.head.append(script);
