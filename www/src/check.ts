/** Before the scripts in the single file: what the browser lacks, if anything. */
import { text } from "./loader-text.ts";
import { isSupported, showUnsupported } from "./requirements.ts";
import { trustedUrl } from "./trusted-url.ts";

if (isSupported(true)) checkReading();

/** WebKit starts workers in a page that was opened from a disk, but they can read no file, not even one of their own. */
function checkReading(): void {
  const code = `try { new FileReaderSync().readAsText(new Blob(["a"])); } catch { postMessage(""); } close();`;
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  new Worker(trustedUrl(address)).onmessage = () => {
    showUnsupported([text.readingInWorkers]);
  };
}
