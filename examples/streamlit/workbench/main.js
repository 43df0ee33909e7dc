/** The workbench as a component of Streamlit. The folder `nucleoscope` is a copy of the package's folder `dist`. */
import "./nucleoscope/element.js";

const element = document.querySelector("nucleo-scope");
let isOpened = false;
let timer = null;
let sent = 0;

const post = (type, content) => parent.postMessage({ isStreamlitMessage: true, type: `streamlit:${type}`, ...content });

/** Returns the counts and tables to the script, which then runs again. */
function send() {
  timer = null;
  sent = element.results.length;
  const value = element.measurements().map(({ path, count, table }) => ({ path, count, nuclei: listsOf(table) }));
  post("setComponentValue", { dataType: "json", value });
}

/** The columns of a table as lists, by their keys. */
function listsOf({ columns, rows, values }) {
  const listOf = (column) => Array.from(values.subarray(column * rows, (column + 1) * rows));
  return Object.fromEntries(columns.map(({ key }, column) => [key, listOf(column)]));
}

/** Sends at most five times a second, for example while a setting is moved. */
function schedule() {
  if (timer === null) timer = setTimeout(send, 200);
}

element.addEventListener("result", schedule);
// The selection changes, too, when an image is removed.
element.addEventListener("selection", () => queueMicrotask(() => element.results.length !== sent && schedule()));
addEventListener("message", ({ source, data }) => {
  // The arguments come again each time that the script runs.
  if (source !== parent || data.type !== "streamlit:render" || isOpened) return;
  isOpened = true;
  const { name, content } = data.args;
  element.open([new File([content], name)]);
});
post("componentReady", { apiVersion: 1 });
post("setFrameHeight", { height: 600 });
