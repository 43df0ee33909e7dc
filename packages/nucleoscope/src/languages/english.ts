/** All texts of the page and the element in English. Other languages have the same constants and functions. */
import { Formats } from "./formats.ts";

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
export function duration(seconds: number): string {
  if (seconds < 10) return "a few seconds";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} seconds`;
  if (seconds < 90) return "about a minute";
  if (seconds < 55 * 60) return `about ${Math.round(seconds / 60)} minutes`;
  if (seconds < 90 * 60) return "about an hour";
  return `about ${Math.round(seconds / 3600)} hours`;
}

// The page's structure: template.html, where each stands as {{name}}

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
export const tableFormatHelp = "Decimal sign and delimiter of the tables";
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

// The session and its messages: session/

// The element: view.ts, nucleo-scope.ts, www/src/

// Errors of the engine and the library: engine/, frame/, node/, segment-options.ts

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
