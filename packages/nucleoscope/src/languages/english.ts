/** All texts of the page and the element in English. Other languages have the same constants and functions. */
import type { Tally } from "../session/batch.ts";
import type { Submission } from "../session/submission.ts";
import type { WorkProgress } from "../session/work.ts";
import type { FormatInfo, Setting } from "../wasm/nucleoscope.js";
import { Formats, type Advice } from "./formats.ts";

/** The language's code, for `lang` attributes. */
export const language = "en";

// Numbers and counts

const formats = new Formats(language);
const { counted } = formats;
export const { locale, decimalSign, collator, number, fixed, precise, ungrouped } = formats;

export const imageCount = (count: number): string => counted(count, "image", "images");
export const nucleusCount = (count: number): string => counted(count, "nucleus", "nuclei");

/** How many nuclei count; `count` is null while it is not known. */
export function countedNuclei(count: number | null, all: number): string {
  if (count === all) return nucleusCount(all);
  return count === null ? `${nucleusCount(all)}, counting…` : `${number(count)} of ${nucleusCount(all)} counted`;
}

/** `45 of 120 nuclei (37.5 %)`: how many of the counted nuclei are positive. */
export function positiveNuclei(positive: number, of: number): string {
  const share = of === 0 ? "" : ` (${fixed((100 * positive) / of, 1)}\u00a0%)`;
  return `${number(positive)} of ${nucleusCount(of)}${share}`;
}

/** A duration in everyday words. */
function duration(seconds: number): string {
  if (seconds < 10) return "a few seconds";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} seconds`;
  if (seconds < 90) return "about a minute";
  if (seconds < 55 * 60) return `about ${Math.round(seconds / 60)} minutes`;
  if (seconds < 90 * 60) return "about an hour";
  return `about ${Math.round(seconds / 3600)} hours`;
}

// The page around the element: www/src/

export const guide = "Guide";
export const savePage = "Save this page for use offline";
export const unsupportedTitle = "Nucleoscope does not work in this browser";
export const unsupported = "It lacks:";
export const supportedBrowsers =
  "Use Chrome or Edge 105, Firefox 121 or Safari 16.4, or a later version. If yours is newer, WebAssembly may be switched off by a setting, such as the Lockdown Mode of iPhones and Macs.";
export const newJavaScript = "JavaScript of 2023";
export const readingInWorkers =
  "reading files in a page that was opened from a disk (in Safari, open the page from its server instead)";
export const scriptFailed = "this part of the page could not be loaded. Check the connection and reload the page.";
export const newVersion =
  "A new version of Nucleoscope is ready. It is used once all windows of this one have been closed.";
export const useNewVersion = "Reload and use it now";
export const otherWindowsOpen = "Close the other windows and tabs of Nucleoscope first, also those of its guide.";

// The element's structure: template.html, where each stands as {{name}}

export const tagline = "Outline and count cell nuclei";
export const dropImages = "Drop microscopy images here";
export const acceptedFiles = "PNG, JPEG, TIFF, BMP, GIF or WebP, whole folders and ZIP archives";
export const chooseImages = "Choose images";
export const chooseFolder = "Choose folder";
export const tryExample = "Try an example";
export const nothingUploaded = "Images stay on this computer: nothing is uploaded.";
export const firstHint = "New here? Try an example, move the sliders under “Adjust”, and press ? for all keys.";
export const gotIt = "Got it";
export const imagesDone = "Images done";
export const segmentAgain = "Segment again";
export const notifyMe = "Notify me when finished";
export const cancel = "Cancel";
export const continueWork = "Continue";
export const retryFailed = "Try failed images again";
export const exportMenu = "Export…";
export const files = "Files";
export const images = "Images";
export const allImages = "All images";
export const selectedImage = "The selected image";
export const saveAsZip = "Save as ZIP";
export const tablesContent = "Summary and all nuclei, for spreadsheets";
export const downloadTables = "Download tables";
export const tableFormat = "Table format";
export const tableFormatHelp = "Decimal sign and delimiter of the tables; names like formulas get an apostrophe";
export const dialectCommaPoint = "1.5 , comma";
export const dialectSemicolonPoint = "1.5 ; semicolon";
export const dialectSemicolonComma = "1,5 ; semicolon";
export const dialectTabPoint = "1.5 ⇥ tab";
export const dialectTabComma = "1,5 ⇥ tab";
export const csvContent = "Run lengths (Data Science Bowl 2018)";
export const downloadCsv = "Download CSV";
export const tryAgain = "Try again";
export const removeImageHelp = "Remove the selected image from the list (Delete)";
export const remove = "Remove";
export const removeAll = "Remove all";
export const search = "Search";
export const searchImages = "Search images";
export const imageOrder = "Order of the images";
export const orderAdded = "As added";
export const orderName = "Name";
export const orderNuclei = "Nuclei";
export const orderState = "State";
export const noImageSelected = "No image selected";
export const viewTools = "View";
export const showOutlines = "Show outlines";
export const overlayStyle = "Nuclei shown as";
export const overlayOutlines = "Outlines";
export const overlayFilled = "Filled";
export const overlayNumbers = "Numbers";
export const pictureLayout = "Picture";
export const layoutImage = "Image";
export const layoutProbability = "Probability";
export const layoutBoth = "Side by side";
export const contrast = "Contrast";
export const channels = "Channels";
export const contrastBlack = "Black";
export const contrastWhite = "White";
export const contrastGamma = "Gamma";
export const automatic = "auto";
export const contrastAutomatic = "Auto";
export const contrastNote = "Changes the picture only, never the segmentation or the measurements.";
export const zoomOut = "Zoom out";
export const zoomIn = "Zoom in";
export const zoomFitHelp = "Fit: show the whole image";
export const zoomFit = "Fit";
export const zoomActualHelp = "Show one image pixel as one screen pixel";
export const keyboardShortcuts = "Keyboard shortcuts";
export const tool = "Tool";
export const toolSelectHelp =
  "Select: click to select, drag to move the image; with Shift, drag to select all nuclei in a box";
export const toolSelect = "Select";
export const toolSplitHelp = "Split: draw a line across a nucleus";
export const toolSplit = "Split";
export const toolDrawHelp = "Draw: paint to enlarge a nucleus, or to add one on the background";
export const toolDraw = "Draw";
export const toolEraseHelp = "Erase: erase pixels of nuclei";
export const toolErase = "Erase";
export const toolAddHelp = "Add: draw around a nucleus that was missed";
export const toolAdd = "Add";
export const toolRectangleHelp = "Rectangle region: count and measure only nuclei inside a rectangle";
export const toolRectangle = "Rectangle region";
export const toolPolygonHelp = "Free region: count and measure only nuclei inside a freely drawn shape";
export const toolPolygon = "Free region";
export const brushHelp = "The brush’s width (, and . or Alt + wheel)";
export const brush = "Brush";
export const deleteNucleiHelp = "Delete the selected nuclei (Delete)";
export const deleteNuclei = "Delete";
export const mergeNucleiHelp = "Merge the selected nuclei";
export const mergeNuclei = "Merge";
export const undoHelp = "Undo the last correction or change of regions (Ctrl+Z)";
export const undo = "Undo";
export const redoHelp = "Redo what was undone last (Ctrl+Y)";
export const redo = "Redo";
export const clearRegions = "Clear regions";
export const startFromTruthHelp = "Correct the ground truth instead of the nuclei that were found";
export const startFromTruth = "Start from ground truth";
export const viewerHelp =
  "Image viewer: arrow keys move, plus and minus zoom, 0 fits, 1 shows 100 %, square brackets select the previous or next nucleus; with a drawing tool, arrow keys move a pen and the space bar starts and ends a line";
export const noImage = "No image";
export const legendPositive = "Positive";
export const legendNegative = "Negative";
export const legendFound = "Found";
export const legendExtra = "Extra";
export const legendMissed = "Missed";
export const messages = "Messages";
export const adjust = "Adjust";
export const reset = "Reset";
export const copyLink = "Copy link";
export const settings = "Settings";
export const nucleusDiameter = "Nucleus diameter";
export const estimated = "estimated";
export const pixelSize = "Pixel size";
export const fromFile = "from file";
export const cellExpansionHelp = "Measures a cell around each nucleus: everything nearer than this, without overlap";
export const cellExpansion = "Cell expansion";
export const off = "off";
export const stack = "Stack";
export const channel = "Channel";
export const slice = "Slice";
export const frame = "Frame";
export const useForAllImages = "Use for all images";
export const forThisImageOnly = "For this image only";
export const regions = "Regions";
export const scoreTitle = "Score against ground truth";
export const meanAveragePrecision = "Mean average precision";
export const averagePrecision50 = "AP at 0.50";
export const averagePrecision75 = "AP at 0.75";
export const measurements = "Measurements";
export const panels = "Panels";
export const results = "Results";
export const exportTab = "Export";
export const close = "Close";
export const imagesStay = "Images stay on this computer";
export const sessionKept = "This session is kept only on this computer";
export const deleteSession = "Delete it";
export const dropToAdd = "Drop to add";

// Keys, sheets and splitters: ui/

export const keysOfTools = "Tools";
export const keyDraw = "Draw with the brush";
export const keyBrush = "Smaller or larger brush; Alt + wheel does the same";
export const keysOfPicture = "Picture";
export const keyZoom = "Zoom in or out";
export const keyWhole = "Whole image, or 100 %";
export const keyMove = "Move the picture; with a drawing tool, the pen";
export const keySpace = "Hold and drag to move the picture; press to start or end a line at the pen";
export const keyOutlines = "Show or hide outlines";
export const keysOfNuclei = "Nuclei";
export const keyNeighbour = "Select the previous or next nucleus; with Shift, add it";
export const keyShift = "Click to add a nucleus to the selection, drag to add all nuclei in a box";
export const keyDelete = "Delete the selected nuclei";
export const keyEscape = "Cancel a line, or clear the selection";
export const keysEverywhere = "Everywhere";
export const keyUndo = "Undo a correction or a region";
export const keyCopy = "In the table: copy the selected nucleus, or all nuclei shown";
export const keyHelp = "Show these keys";
export const spaceKey = "Space";
export const shiftKey = "Shift";
export const deleteKey = "Delete";
export const controlKey = "Ctrl";
export const closePanel = (panel: string): string => `Close ${panel}`;
export const splitterHelp = "Drag, or press the arrow keys, to resize; double-click for the default";

// Panels: panels/

export const imageStates = {
  waiting: "Waiting",
  working: "Working",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
} as const;
export const imagesShown = (shown: number, all: number): string => `${number(shown)} of ${number(all)} shown`;
export const corrected = "edited";
export const ownSettings = "own settings";
export const imageRegions = (count: number): string => counted(count, "region", "regions");
export const imageChannel = (place: number): string => `channel ${place}`;
export const noScore = (reason: string): string => `No score: ${reason}`;
export const fileWarning = (warning: string): string => `Warning: ${warning}`;
export const dismiss = "Dismiss";
export const scoreInterval = (low: string, high: string, images: number): string =>
  `95 % interval ${low} to ${high}, ${imageCount(images)}`;
export const ignoredLeftOut = (count: number): string =>
  `${imageCount(count)} marked as ignored in scoring ${count === 1 ? "is" : "are"} left out.`;

/** The label and the explanation of a setting of the watershed. */
export const settingLabel = ({ label }: Setting): string => label;
export const settingHelp = ({ help, slider }: Setting): string => slider?.help ?? help;
export const aboutSetting = (label: string): string => `About ${label}`;
export const switchedOff = "Off";
export const switchedOn = "On";
export const lowValue = "Low";
export const highValue = "High";
export const maximumProjection = "Maximum projection";

/** The label of an export format, and its content with the names of its files. */
export const formatLabel = ({ label }: FormatInfo): string => label;
export const formatHelp = ({ description, file }: FormatInfo): string => `${description}: ${file}`;
export const packing = "Packing…";
export const filesSaved = (names: readonly string[]): string =>
  `Saved ${names.length <= 2 ? names.join(" and ") : counted(names.length, "file", "files")}.`;
export const unfinishedLeftOut = (count: number): string =>
  `${counted(count, "unfinished image", "unfinished images")} left out.`;
export const unwrittenLeftOut = (count: number, first: string, reason: string): string =>
  `${imageCount(count)} left out because the files could not be written: ${first}. ${reason}`;
export const notSaved = (reason: string): string => `Not saved: ${reason}`;
export const csvNotSaved = (reason: string): string => `The CSV could not be saved: ${reason}`;

/** What is missing from the Bowl's CSV; empty if nothing is. */
export function missingFromCsv({ unfinished, notRequested, missing }: Submission): string {
  const parts: string[] = [];
  if (unfinished > 0) parts.push(`${imageCount(unfinished)} failed or not finished`);
  if (notRequested > 0) parts.push(`${imageCount(notRequested)} that the sample submission does not list`);
  const sentences = parts.length === 0 ? [] : [`Not in the CSV: ${parts.join("; ")}.`];
  if (missing > 0) {
    sentences.push(`${imageCount(missing)} of the sample submission ${missing === 1 ? "is" : "are"} not in the list.`);
  }
  return sentences.join(" ");
}

// The session and its messages: session/

export const doneCount = (count: number): string => `${imageCount(count)} done`;
export const nucleiNotCounted = (count: number): string => `${nucleusCount(count)}, not counted`;

export function workProgress({ done, total, secondsLeft }: WorkProgress): string {
  const images = `${number(done)} of ${doneCount(total)}`;
  return secondsLeft === null ? images : `${images}, ${duration(secondsLeft)} left`;
}

/** The numbers of a batch that has ended; `notAdded` files were refused. */
export function batchEnd(tally: Tally, notAdded: number): string {
  const { done, nuclei, counted: count, uncounted, failed, cancelled } = tally;
  const parts = [doneCount(done), countedNuclei(count, nuclei)];
  if (uncounted > 0) parts.push(`${imageCount(uncounted)} not counted`);
  if (failed > 0) parts.push(`${number(failed)} failed`);
  if (cancelled > 0) parts.push(`${number(cancelled)} cancelled`);
  if (notAdded > 0) parts.push(`${number(notAdded)} not added`);
  return `${parts.join(", ")}.`;
}

export const applyingSliders = (image: string, percent: number): string =>
  `Applying the sliders to ${image}: ${percent} %`;
export const notAdjusted = (image: string, reason: string): string => `${image} could not be adjusted: ${reason}`;
export const writingImage = (place: number, images: number): string => `Writing ${place} of ${imageCount(images)}…`;
export const scoresNotSummarised = (reason: string): string => `The scores could not be summarised: ${reason}`;

export const openingFiles = "Opening the files…";
export const filesNotOpened = "The files could not be opened.";
export const filesNotOpenedBecause = (reason: string): string => `The files could not be opened: ${reason}`;
export const noImagesFound = "No images were found.";
export const noImagesInFiles: Advice = {
  message: "No images were found in the files you added.",
  help: "Add PNG, JPEG, TIFF, BMP, GIF or WebP images, or a folder or ZIP archive that contains some.",
};
export const fileUnreadable: Advice = {
  message: "The browser could not read this file.",
  help: "Check that it still exists and that you have permission to read it, then add it again.",
};
export const filesRefused = (first: string, count: number): Advice => ({
  message:
    count === 1
      ? `${first} was not added because the same file was added before.`
      : `${counted(count, "file", "files")} were not added because the same files were added before: ${first} and others.`,
  help: "To start over, remove all images first.",
});
export const fileNotUsed = (path: string, { message, help }: Advice): Advice => ({
  message: `${path} was not used: ${message}`,
  help,
});

/** Images of the session that was kept at a date and time were opened again. */
export const lastVisitOpened = (images: number, when: string): Advice => ({
  message: `${imageCount(images)} of your last visit (${when}) opened again, with nuclei and corrections.`,
  help: "They were kept only on this computer. “Remove all” removes them.",
});
export const tooLargeToKeep = "These images are too large to be kept: more than 1 GiB.";
export const noSpaceToKeep = "The browser has no space left to keep this session.";
export const cannotBeKept = "This session cannot be kept.";

export const imageRemoved = (image: string): string => `${image} removed.`;
export const imagesRemoved = (names: readonly string[]): string =>
  `${imageCount(names.length)} removed: ${names.slice(0, 3).join(", ")}${names.length > 3 ? " and others" : ""}`;
export const allImagesRemoved = "All images removed.";
export const batchRemoved = (images: number, hasNuclei: boolean): string =>
  `${imageCount(images)} removed${hasNuclei ? ", with their nuclei and corrections" : ""}`;
export const removalHelp = "This can be undone until other images are added.";

export const linkSettingsIgnored = (settings: readonly string[]): Advice => ({
  message: `This page's link contains settings that do not exist or are out of range: ${settings.join(", ")}`,
  help: "The defaults are used instead.",
});
export const linkNamesOld = (names: readonly string[]): Advice => ({
  message: `This page's link uses old names of settings: ${names.join(", ")}`,
  help: "Copy the link again: a later version will not read the old names.",
});

export const regionsWithoutImage = (path: string, count: number): Advice => ({
  message: `${path} has ${imageRegions(count)}, but no image is selected.`,
  help: "Add the image first, then the regions.",
});
export const regionsApplied = (path: string, count: number, image: string): Advice => ({
  message: `${imageRegions(count)} from ${path} applied to ${image}.`,
  help: "“Clear regions” removes them.",
});

export const recordWithoutTruth = (image: string): Advice => ({
  message: `The corrections of ${image} start from its ground truth, which is not among the files.`,
  help: "Add the masks, the label image or the CSV file, then add the record again.",
});
export const recordWithoutImages = (count: number): Advice => ({
  message: `The record contains ${counted(count, "more image", "more images")} that ${count === 1 ? "is" : "are"} not among the files.`,
  help: "Add them to repeat their runs.",
});
export const recordOfOtherFile = (path: string): Advice => ({
  message: `${path} is not the file that the record was made from.`,
  help: "The settings and corrections were used anyway; check the result.",
});
export const tryingModel = (name: string): string => `Trying the model ${name} …`;
export const modelRefused = (name: string, reason: string, model: string): string =>
  `${name} is not used: ${reason}. The model in use is still ${model}`;
export const recordOfOtherModel = (model: string, own: string): Advice => ({
  message: `The record was made with another model (${model}); this page has ${own}.`,
  help: "The nuclei may differ from those in the record.",
});

export const groupTemplateHelp = (mark: string): string =>
  `Write ${mark} once, where the name of the group is, such as ${mark}_*`;
export const groupExpressionHelp = "Put the part that names the group in parentheses, such as ^(control|treated)";

export function noNucleiHint(hasChannels: boolean, hasTruth: boolean): string {
  const channels = hasChannels ? "Choose the channel with the nuclei under “Adjust”. " : "";
  const truth = hasTruth ? " The ground truth is shown as missed nuclei, if it has any." : "";
  return `No nuclei were found. ${channels}If there are some, lower “Minimum confidence” and “Interior threshold”, or enter the nucleus diameter and segment again.${truth}`;
}
export const smallNucleiHint =
  "The nuclei that were found are very small, and may be noise. Raise “Minimum area” or “Minimum confidence”, or enter the nucleus diameter and segment again.";

// The element: view.ts, nucleo-scope.ts

export const dropMoreImages = "Drop more images anywhere";
export const listWidth = "Width of the list";
export const panelWidth = "Width of the panel";
export const modelName = (name: string): string => `model ${name}`;
export const chooseModel = "Use another model";
export const backToModel = (name: string): string => `Back to ${name}`;
export const sessionForgotten = "This session is no longer kept: it ends when you leave the page";
export const linkCopied = "A link with these settings was copied.";
export const linkInAddress = "The address of this page now holds these settings: copy it from the address bar.";

/** `keepsMaps`: whether the probability maps of the image are kept. */
export const largeImageNote = (keepsMaps: boolean): string =>
  `Large image: ${
    keepsMaps
      ? "sliders take effect on release"
      : "the probability maps are not kept (2 GB at most), so “Segment again” applies the sliders"
  }; probabilities cannot be shown.`;
export const imageNotFetched = (path: string, status: number): string => `the server answered ${status} for ${path}`;
export const addressValueIgnored = (name: string, value: string, minimum: number, maximum: number): Advice => ({
  message: `The address of this page asks for ${name}=${value}, which is not a whole number from ${minimum} to ${maximum}`,
  help: "A value that suits this computer is used instead.",
});
export const pageDamaged = (reason: string): Advice => ({
  message: `This file is damaged, or this browser is too old for it (${reason}).`,
  help: "Save the page again, or use a current version of Chrome, Edge, Firefox or Safari.",
});
export const pageIncomplete = "the end of the file is missing";

// Errors of the engine and the library: engine/, frame/, node/, segment-options.ts

export const internalError = (reason: string): Advice => ({
  message: `Something went wrong inside the program: ${reason}`,
  help: "Reload the page and try again.",
});
export const notLoaded = (reason: string): Advice => ({
  message: `A part of the program could not be loaded (${reason}).`,
  help: "Check the connection and try again.",
});
export const serverSilent = (file: string): string => `${file}: the server did not answer`;
export const serverRefused = (file: string, status: number): string => `${file}: the server answered ${status}`;
export const sandboxed = (file: string): Advice => ({
  message: `A part of the program could not be loaded (${file}), because this page is in a sandboxed frame.`,
  help: "Add allow-same-origin to the frame's sandbox, or put the single file nucleoscope.html into the frame.",
});
export const htmlInstead = (file: string): Advice => ({
  message: `A part of the program could not be loaded: the server sent an HTML page instead of ${file}.`,
  help: "The file is probably missing, and the server answers unknown addresses with its start page. Copy the file to this address, or set its address in the options.",
});
export const notCompiled = (reason: string): Advice => ({
  message: `This browser cannot run the program (${reason}).`,
  help: "Use a current version of Chrome, Edge, Firefox or Safari.",
});
export const notStarted = (reason: string): Advice => ({
  message: `The program could not be started (${reason}).`,
  help: "Close other tabs or programs to free memory, and start again. A browser of 2023 or newer, or Node 20, is needed.",
});
export const crashed = (attempts: number, reason: string): Advice => ({
  message: `The program stopped unexpectedly, ${attempts} times in a row (${reason}).`,
  help: "Nothing else is affected. Close other tabs or programs to free memory and try again, or use a smaller image.",
});
export const noAnswer = (attempts: number, reason: string): Advice => ({
  message: `The program did not answer, ${attempts} times in a row (${reason}).`,
  help: "Nothing else is affected. Close other tabs or programs and try again, or use a smaller image.",
});
export const modelTooSlow = (seconds: number): string => `trying it took longer than ${seconds} s`;
export const modelTooLarge = (mebibytes: number): string => `it needs more than ${mebibytes} MiB of memory`;
export const modelCrashed = (reason: string): string => `it crashed the worker that tried it (${reason})`;
export const otherModel = "Use another model, or try this one with the command line.";
export const silentFor = (seconds: number): string => `no answer for ${seconds} seconds`;
export const messageUnreadable = "a message could not be read";
export const engineDisposed: Advice = {
  message: "The engine has been shut down.",
  help: "Reload the page, or create another engine.",
};

/** A request to the page in a frame that it does not know. */
export const unknownMethod = (method: string): string => `There is no method “${method}”.`;
export const unknownVersion = (known: number, asked: number): string =>
  `This workbench knows version ${known} of the messages, not ${asked}.`;
export const sameVersionHelp = "Use the client that comes with the same version of the package.";

export const notPositiveWhole = (option: string, value: string): Advice => ({
  message: `The option ${option} is ${value}, which is not a positive whole number.`,
  help: "Give a positive whole number, or omit the option to use the default.",
});
export const badOption = (option: string, value: string, expected: string): Advice => ({
  message: `The option ${option} is ${value}, which is not ${expected}.`,
  help: "Give such a value, or omit the option to use the default.",
});
export const numberAboveZero = "a number above 0";
export const trueOrFalse = "true or false";
export const numberBetween = (isWhole: boolean, minimum: number, maximum: number): string =>
  `${isWhole ? "a whole number" : "a number"} from ${minimum} to ${maximum}`;
export const unknownOption = (option: string, known: readonly string[]): Advice => ({
  message: `There is no option ${option}.`,
  help: `The settings are ${known.join(", ")}.`,
});
export const predictionNotKept: Advice = {
  message: "The network's prediction for this image has not been kept.",
  help: "Segment the image with the option keepPrediction.",
};
export const fileNotRead = (path: string, reason: string): Advice => ({
  message: `${path}: ${reason}`,
  help: "Check that the file exists and that you may read it.",
});
export const fileMissing = "the file does not exist";
export const isFolder = "this is a folder, not a file";
export const fileForbidden = "you may not read the file";
export const threadEnded = (code: number): string => `the thread ended with code ${code}`;

// The viewer: viewer/

export const listedChannel = (name: string, index: number, isSegmented: boolean): string =>
  `${index + 1}: ${name}${isSegmented ? ", segmented" : ""}`;
export const showChannel = (channel: string): string => `Show ${channel}`;
export const channelColor = (channel: string): string => `Colour of ${channel}`;
export const channelLimits = (channel: string): string => `Limits of ${channel}`;
export const automaticValue = (value: string): string => `auto: ${value}`;
export const defaultRegionName = (index: number): string => `Region ${index + 1}`;
export const regionNameField = (index: number): string => `Name of region ${index + 1}`;
export const removeRegion = (name: string | undefined, index: number): string =>
  `Remove ${name ?? `region ${index + 1}`}`;
export const pictureFailed = (reason: string): string => `The picture cannot be shown. ${reason}`;
export const probabilityFailed = (reason: string): string => `The probability cannot be shown. ${reason}`;
export const foundSoFar = (count: number): string => `${nucleusCount(count)} so far`;
export const diameterFound = (pixels: number): string => `diameter ${fixed(pixels, 0)} px`;
export const scoreOfImage = (score: number): string => `score ${fixed(score, 3)}`;
export const isIgnored = "ignored in scoring";
export const isCorrected = "corrected by hand";
export const pictureOutlined = (image: string, count: number): string => `${image}, ${nucleusCount(count)} outlined`;
export const pictureOfFailed = (image: string): string => `${image}, could not be processed`;
export const pictureOfWaiting = (image: string): string => `${image}, not yet outlined`;

// Tables and charts: results/

/** The name of a measurement, which comes from the engine; keys are unique, such as `area_px2` and `dapi_mean`. */
export const measurementName = ({ label }: { readonly key: string; readonly label: string }): string => label;

export const isCounted = "Counted";
export const isLeftOut = "Left out";
export const isBrushed = "Brushed";
export const isSelected = "Selected nucleus";
export const copyChart = "Copy chart";
export const savePng = "Save PNG";
export const saveSvg = "Save SVG";
export const chartCopied = "Copied";
export const chartSaved = "Copying is not possible here: saved instead";
export const columnsShown = "Columns shown";
export const columnCount = (shown: number, all: number): string => `Columns (${shown} of ${all})`;
export const nuclei = "Nuclei";
export const nucleusTitle = (nucleus: number): string => `Nucleus ${nucleus}`;
export const fromTo = (low: string, high: string): string => `${low} to ${high}`;

export const tableTab = "Table";
export const histogramTab = "Histogram";
export const scatterTab = "Scatter plot";
export const summaryTab = "Summary";
export const conditionsTab = "Conditions";
export const nothingMeasured = "The measurements appear here once an image has been segmented and is selected.";
export const nothingToMeasure = "No nuclei were found in this image, so there is nothing to measure.";
export const imageNotMeasured = (image: string, reason: string): string => `${image} could not be measured. ${reason}`;
export const imagesNotMeasured = (count: number, first: string, reason: string): string =>
  `${imageCount(count)} could not be measured and ${count === 1 ? "is" : "are"} left out. ${first}: ${reason}`;
export const hoveredPositive = "positive";
export const hoveredNegative = "negative";

/** `Area (px²): 200 or more`, `Area (px²): outside 200 to 300`. */
export function gateRule(column: string, low: string | null, high: string | null, keep: "inside" | "outside"): string {
  const isInside = keep === "inside";
  if (low !== null && high !== null) return `${column}: ${isInside ? "" : "outside "}${fromTo(low, high)}`;
  if (low !== null) return `${column}: ${isInside ? `${low} or more` : `below ${low}`}`;
  if (high !== null) return `${column}: ${isInside ? `${high} or less` : `above ${high}`}`;
  return `${column}: ${isInside ? "any value" : "no value"}`;
}

export const gates = "Gates";
export const removeGate = (gate: string): string => `Remove gate: ${gate}`;
export const removeAllGates = "Remove all gates";
export const gateNotUsed = "(not used: this image has no such measurement)";

export const positiveTitle = "Positive nuclei";
export const positiveColumn = "Measurement that makes nuclei positive";
export const notDivided = "Not divided";
export const positiveFrom = "positive from";
export const otsuHelp = "Otsu’s threshold of the counted nuclei of all images";
export const positiveOfImage = (positive: number, of: number): string => `Positive: ${positiveNuclei(positive, of)}`;
export const positiveNotUsed = "Positive: not used: this image has no such measurement";
export const positiveOfAll = (positive: number, of: number): string => `All images: ${positiveNuclei(positive, of)}`;

/** Examples of filters stand between backticks. */
export const tableHelp =
  "Arrow keys move. Enter sorts by a heading, or selects a row. Ctrl+C copies the selected nucleus, or all that are shown. Type under a heading to filter: `> 200`, `< 5` or `200 to 400`.";
export const tableName = "Measurements of the nuclei";
export const hideNotCounted = "Hide nuclei that do not count";
export const onlyBrushed = "Brushed nuclei only";
export const clearFilters = "Clear filters";
export const copyTable = "Copy table";
export const copyTableHelp = "Copy all nuclei that are shown, for a spreadsheet";
export const nucleiCopied = (count: number): string => `${nucleusCount(count)} copied`;
export const copyNotAllowed = "the browser does not allow copying";
export const filter = "filter";
export const filterColumn = (column: string): string => `Filter ${column}`;
export const filterHelp = "Type > 200, < 5 or 200 to 400";

/** `hidden` is the number of the selected nucleus if it is not among those shown. */
export function nucleiShown(shown: number, all: number, isFilterInvalid: boolean, hidden: number | null): string {
  const parts = [shown === all ? nucleusCount(all) : `${number(shown)} of ${nucleusCount(all)} shown`];
  if (isFilterInvalid) parts.push("a filter is not valid");
  if (hidden !== null) parts.push(`nucleus ${number(hidden)} is hidden`);
  return parts.join(", ");
}

export const column = "Column";
export const bins = "Bins";
export const automaticBins = (count: number): string => `auto (${count})`;
export const range = "Range";
export const rangeOf = (column: string): string => `Range of ${column}`;
export const rangeFrom = "from";
export const rangeTo = "to";
export const openEnd = "any";
export const numberHelp = `Type a number, such as 200 or ${ungrouped(0.9)}`;
export const keepRange = "Keep only this range";
export const leaveRangeOut = "Leave this range out";
export const clearRange = "Clear range";
export const nucleiInRange = (count: number): string => `${nucleusCount(count)} in the range.`;
export const nucleiInBin = (low: string, high: string, count: number): string =>
  `${fromTo(low, high)}: ${nucleusCount(count)}`;
export const histogramHelp = "Drag across the chart, or type a range below.";
export const histogramOf = (column: string, count: number, bins: number): string =>
  `Histogram of ${column}: ${nucleusCount(count)} in ${number(bins)} bins`;
export const horizontal = "Horizontal";
export const vertical = "Vertical";
export const keepThese = "Keep only these";
export const scatterHelp =
  "Drag a rectangle across the chart, or type ranges below. Click a point to select its nucleus.";
export const scatterOf = (up: string, across: string, count: number): string =>
  `Scatter plot of ${up} against ${across}: ${nucleusCount(count)}`;

export const summaryOfImage = "This image";
export const summaryOfAll = (count: number): string => `All ${imageCount(count)}`;
export const valuesOfImage = "Counted nuclei of this image";
export const valuesOfAll = "All counted nuclei together";
export const valuesOfMeans = "Means of the images' means, each image with equal weight";
export const density = "Density of counted nuclei";
export const densityValue = (value: string, unit: "per mm²" | "per megapixel"): string => `${value} ${unit}`;
export const areaAnalysed = "Area analysed";
export const megapixels = (value: string): string => `${value} megapixels`;
export const measurement = "Measurement";
export const mean = "Mean";
export const standardDeviation = "SD";

export const groups = "Groups";
export const groupsNow = (names: readonly string[]): string =>
  `Groups: ${names.length === 0 ? "none" : names.join(", ")}`;
export const groupBy = "Group images by";
export const groupByFolder = "Folder";
export const groupByTemplate = "File name pattern";
export const groupByExpression = "Regular expression";
export const groupByHand = "By hand";
export const groupByNothing = "No groups";
export const groupByFolderHelp = "The first folder in which the images differ names their group.";
export const groupByTemplateHelp =
  "{group} stands for the group, * for any text. The pattern is that of the whole file name without its ending; with a / it includes folders, such as {group}/*.";
export const groupByExpressionHelp =
  "The first part in parentheses that matches, anywhere in the folder and file name, is the group.";
export const groupByHandHelp =
  "Tick images, type the name of their group, and press “Set group”. An empty name removes them from their group.";
export const groupByNothingHelp = "No image has a group.";
export const pattern = "Pattern";
export const applyToAll = "Apply to all images";
export const groupOfTicked = "Group of the ticked images";
export const setGroup = "Set group";
export const tickImage = "Tick at least one image.";
export const noGroup = "No group";
export const groupExamples = (count: number, names: readonly string[]): string =>
  `${imageCount(count)}: ${names.join(", ")}${count > names.length ? ` and ${count - names.length} more` : ""}`;
export const moreGroups = (count: number): string => `and ${counted(count, "more group", "more groups")}`;

export const compare = "Compare";
export const drawNuclei = "Draw";
export const drawDots = "Nuclei as dots";
export const drawBoxes = "Box plot";
export const nucleiNumber = "Number of nuclei";
export const densityPerMegapixel = "Density (nuclei per megapixel)";
export const densityPerMm2 = "Density (nuclei per mm²)";
export const positivePercent = "Positive nuclei (%)";
export const plotOfGroups = "Plot of the groups";
export const plotOf = (quantity: string, names: readonly string[]): string =>
  `${byGroup(quantity)}: ${names.join(", ")}. The tables below have the same numbers.`;
export const byGroup = (quantity: string): string => `${quantity} by group`;
export const groupSize = (images: number): string => `n = ${imageCount(images)}`;
export const imageValue = (image: string, value: string, count: number): string =>
  `${image}: ${value}, ${nucleusCount(count)}`;
export const plotHelp = "Point at a large dot to read its image.";
export const plotLegend =
  "Large dots are images; the line is their mean, each image with equal weight, and the bar their standard deviation.";
export const dotsLegend = "Small dots are counted nuclei, in the colour of their image.";
export const boxLegend = (isOfNuclei: boolean): string =>
  `Boxes are the median and quartiles of the ${isOfNuclei ? "counted nuclei" : "images"}, with whiskers of up to 1.5 times the box.`;
export const nucleiDrawn = (drawn: number, all: number): string =>
  `${number(drawn)} of ${number(all)} nuclei are drawn, an even selection of each group. All numbers are of all counted nuclei.`;
export const group = "Group";
export const meanOf = (isOfNuclei: boolean): string => (isOfNuclei ? "Mean of image means" : "Mean of images");
export const deviationOf = (isOfNuclei: boolean): string => (isOfNuclei ? "SD of image means" : "SD of images");
export const imagesWithoutValue = (count: number): string =>
  `${imageCount(count)} ${count === 1 ? "is" : "are"} left out: not finished, failed, or without a counted nucleus that has this value.`;
export const test = "Test";
export const testOfTwo = "Welch's t-test of the images' values, two-sided.";
export const testOfMore = (count: number): string =>
  `Welch's t-tests of the images' values for each pair of groups, two-sided, with p values adjusted by Holm's method for ${counted(count, "test", "tests")}. The intervals are not adjusted.`;
export const testSamples =
  "The samples are images (n), not nuclei. Images of one well, slide or animal are not independent of each other: the p value is then too small.";
export const differencesOf = (quantity: string): string => `Differences of ${quantity}`;
export const meansDifference = "Difference of means";
export const interval95 = "95 % interval";
export const testNeedsGroups = "No test: at least two groups of images are needed.";
export const testNeedsImages = (names: readonly string[]): string =>
  `The ${names.length === 1 ? "group" : "groups"} ${names.join(", ")} cannot be tested: a test needs at least 2 images with a value in each group.`;
export const testOfFew = (names: readonly string[]): string =>
  `With fewer than 3 images in a group (${names.join(", ")}), a p value means little: even large differences can go unnoticed, and the spread is hardly known.`;
export const testOfEqual = "Groups whose images all have the same value cannot be tested.";
