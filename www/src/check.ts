/** Before the scripts in the single file: what the browser lacks, if anything. */
import { isSupported } from "./requirements.ts";

isSupported(true);
