/** Defines `<nucleo-scope>`: the entry `nucleoscope/element` of the package. */
import { define } from "./nucleo-scope.ts";

export * from "./nucleo-scope.ts";

define();
