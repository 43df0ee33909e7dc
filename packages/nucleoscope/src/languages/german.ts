/** All texts of the page and the element in German, in place of `english.ts` in `main.de.js` and `element.de.js`. */
import { Formats } from "./formats.ts";

/** The language's code, for `lang` attributes. */
export const language = "de";

// Numbers and counts

const formats = new Formats(language);
const { counted } = formats;
export const { locale, decimalSign, collator, number, fixed, precise, ungrouped } = formats;

export const imageCount = (count: number): string => counted(count, "Bild", "Bilder");
export const nucleusCount = (count: number): string => counted(count, "Kern", "Kerne");

export function countedNuclei(count: number | null, all: number): string {
  if (count === all) return nucleusCount(all);
  return count === null ? `${nucleusCount(all)}, Zählung läuft…` : `${number(count)} von ${nucleusCount(all)} gezählt`;
}

export function positiveNuclei(positive: number, of: number): string {
  const share = of === 0 ? "" : ` (${fixed((100 * positive) / of, 1)}\u00a0%)`;
  return `${number(positive)} von ${counted(of, "Kern", "Kernen")}${share}`;
}

export function duration(seconds: number): string {
  if (seconds < 10) return "wenige Sekunden";
  if (seconds < 55) return `etwa ${Math.ceil(seconds / 5) * 5} Sekunden`;
  if (seconds < 90) return "etwa eine Minute";
  if (seconds < 55 * 60) return `etwa ${Math.round(seconds / 60)} Minuten`;
  if (seconds < 90 * 60) return "etwa eine Stunde";
  return `etwa ${Math.round(seconds / 3600)} Stunden`;
}

// The page's structure: template.html, where each stands as {{name}}

export const tagline = "Zellkerne umranden und zählen";
export const dropImages = "Mikroskopbilder hier ablegen";
export const acceptedFiles = "PNG, JPEG, TIFF, BMP, GIF oder WebP, ganze Ordner und ZIP-Archive";
export const chooseImages = "Bilder auswählen";
export const chooseFolder = "Ordner auswählen";
export const tryExample = "Beispiel ausprobieren";
export const nothingUploaded = "Die Bilder bleiben auf diesem Computer: Nichts wird hochgeladen.";
export const firstHint =
  "Neu hier? Probieren Sie ein Beispiel aus, bewegen Sie die Regler unter „Anpassen“, und drücken Sie ? für alle Tasten.";
export const gotIt = "Verstanden";
export const imagesDone = "Fertige Bilder";
export const segmentAgain = "Neu segmentieren";
export const notifyMe = "Benachrichtigen, wenn alles fertig ist";
export const cancel = "Abbrechen";
export const continueWork = "Fortsetzen";
export const retryFailed = "Fehlgeschlagene Bilder wiederholen";
export const exportMenu = "Exportieren…";
export const files = "Dateien";
export const images = "Bilder";
export const allImages = "Alle Bilder";
export const selectedImage = "Das ausgewählte Bild";
export const saveAsZip = "Als ZIP speichern";
export const tablesContent = "Übersicht und alle Kerne, für Tabellenkalkulationen";
export const downloadTables = "Tabellen herunterladen";
export const tableFormat = "Tabellenformat";
export const tableFormatHelp = "Dezimal- und Trennzeichen der Tabellen";
export const dialectCommaPoint = "1.5 , Komma";
export const dialectSemicolonPoint = "1.5 ; Semikolon";
export const dialectSemicolonComma = "1,5 ; Semikolon";
export const dialectTabPoint = "1.5 ⇥ Tabulator";
export const dialectTabComma = "1,5 ⇥ Tabulator";
export const csvContent = "Lauflängen (Data Science Bowl 2018)";
export const downloadCsv = "CSV herunterladen";
export const tryAgain = "Erneut versuchen";
export const removeImageHelp = "Ausgewähltes Bild aus der Liste entfernen (Entf)";
export const remove = "Entfernen";
export const removeAll = "Alle entfernen";
export const search = "Suchen";
export const searchImages = "Bilder suchen";
export const imageOrder = "Reihenfolge der Bilder";
export const orderAdded = "Wie hinzugefügt";
export const orderName = "Name";
export const orderNuclei = "Kerne";
export const orderState = "Zustand";
export const noImageSelected = "Kein Bild ausgewählt";
export const viewTools = "Ansicht";
export const showOutlines = "Umrisse zeigen";
export const overlayStyle = "Darstellung der Kerne";
export const overlayOutlines = "Umrisse";
export const overlayFilled = "Gefüllt";
export const overlayNumbers = "Nummern";
export const pictureLayout = "Bildansicht";
export const layoutImage = "Bild";
export const layoutProbability = "Wahrscheinlichkeit";
export const layoutBoth = "Nebeneinander";
export const contrast = "Kontrast";
export const channels = "Kanäle";
export const contrastBlack = "Schwarz";
export const contrastWhite = "Weiß";
export const contrastGamma = "Gamma";
export const automatic = "auto";
export const contrastAutomatic = "Auto";
export const contrastNote = "Ändert nur die Darstellung, nie die Segmentierung oder die Messwerte.";
export const zoomOut = "Verkleinern";
export const zoomIn = "Vergrößern";
export const zoomFitHelp = "Einpassen: das ganze Bild zeigen";
export const zoomFit = "Einpassen";
export const zoomActualHelp = "Ein Bildpixel als ein Bildschirmpixel zeigen";
export const keyboardShortcuts = "Tastenkürzel";
export const tool = "Werkzeug";
export const toolSelectHelp =
  "Auswählen: Klicken wählt aus, Ziehen verschiebt das Bild; mit der Umschalttaste wählt Ziehen alle Kerne in einem Rechteck aus";
export const toolSelect = "Auswählen";
export const toolSplitHelp = "Teilen: eine Linie quer über einen Kern zeichnen";
export const toolSplit = "Teilen";
export const toolDrawHelp = "Malen: einen Kern vergrößern oder auf dem Hintergrund einen neuen malen";
export const toolDraw = "Malen";
export const toolEraseHelp = "Radieren: Pixel von Kernen entfernen";
export const toolErase = "Radieren";
export const toolAddHelp = "Hinzufügen: einen übersehenen Kern umranden";
export const toolAdd = "Hinzufügen";
export const toolRectangleHelp = "Rechteck: nur Kerne in einem Rechteck zählen und messen";
export const toolRectangle = "Rechteck";
export const toolPolygonHelp = "Freie Region: nur Kerne in einer frei gezeichneten Form zählen und messen";
export const toolPolygon = "Freie Region";
export const brushHelp = "Die Breite des Pinsels (, und . oder Alt + Mausrad)";
export const brush = "Pinsel";
export const deleteNucleiHelp = "Ausgewählte Kerne löschen (Entf)";
export const deleteNuclei = "Löschen";
export const mergeNucleiHelp = "Ausgewählte Kerne vereinen";
export const mergeNuclei = "Vereinen";
export const undoHelp = "Die letzte Korrektur oder Änderung von Regionen rückgängig machen (Strg+Z)";
export const undo = "Rückgängig";
export const redoHelp = "Das zuletzt Rückgängiggemachte wiederholen (Strg+Y)";
export const redo = "Wiederholen";
export const clearRegions = "Regionen entfernen";
export const startFromTruthHelp = "Statt der gefundenen Kerne die Referenzsegmentierung korrigieren";
export const startFromTruth = "Mit der Referenz beginnen";
export const viewerHelp =
  "Bildansicht: Pfeiltasten verschieben, Plus und Minus ändern die Vergrößerung, 0 passt ein, 1 zeigt 100 %, eckige Klammern wählen den vorigen oder nächsten Kern; mit einem Zeichenwerkzeug bewegen Pfeiltasten einen Stift, und die Leertaste beginnt und beendet eine Linie";
export const noImage = "Kein Bild";
export const legendPositive = "Positiv";
export const legendNegative = "Negativ";
export const legendFound = "Gefunden";
export const legendExtra = "Überzählig";
export const legendMissed = "Übersehen";
export const messages = "Meldungen";
export const adjust = "Anpassen";
export const reset = "Zurücksetzen";
export const copyLink = "Link kopieren";
export const settings = "Einstellungen";
export const nucleusDiameter = "Kerndurchmesser";
export const estimated = "geschätzt";
export const pixelSize = "Pixelgröße";
export const fromFile = "aus der Datei";
export const cellExpansionHelp =
  "Misst eine Zelle um jeden Kern: alles, was näher liegt als dieser Abstand, ohne Überlappung";
export const cellExpansion = "Zellerweiterung";
export const off = "aus";
export const stack = "Stapel";
export const channel = "Kanal";
export const slice = "Schicht";
export const frame = "Zeitpunkt";
export const useForAllImages = "Für alle Bilder verwenden";
export const forThisImageOnly = "Nur für dieses Bild";
export const regions = "Regionen";
export const scoreTitle = "Vergleich mit der Referenz";
export const meanAveragePrecision = "Mittlere Average Precision";
export const averagePrecision50 = "AP bei 0,50";
export const averagePrecision75 = "AP bei 0,75";
export const measurements = "Messwerte";
export const panels = "Bereiche";
export const results = "Ergebnisse";
export const exportTab = "Export";
export const close = "Schließen";
export const imagesStay = "Die Bilder bleiben auf diesem Computer";
export const sessionKept = "Diese Sitzung ist nur auf diesem Computer gespeichert";
export const deleteSession = "Löschen";
export const dropToAdd = "Ablegen, um hinzuzufügen";

// Keys, sheets and splitters: ui/

export const keysOfTools = "Werkzeuge";
export const keyDraw = "Mit dem Pinsel malen";
export const keyBrush = "Kleinerer oder größerer Pinsel, auch mit Alt + Mausrad";
export const keysOfPicture = "Bild";
export const keyZoom = "Vergrößern oder verkleinern";
export const keyWhole = "Ganzes Bild oder 100 %";
export const keyMove = "Das Bild verschieben; mit einem Zeichenwerkzeug den Stift";
export const keySpace =
  "Halten und ziehen, um das Bild zu verschieben; drücken, um am Stift eine Linie zu beginnen oder zu beenden";
export const keyOutlines = "Umrisse zeigen oder verbergen";
export const keysOfNuclei = "Kerne";
export const keyNeighbour = "Den vorigen oder nächsten Kern auswählen; mit Umschalt hinzunehmen";
export const keyShift = "Klicken, um einen Kern zur Auswahl hinzuzunehmen; ziehen für alle Kerne in einem Rechteck";
export const keyDelete = "Ausgewählte Kerne löschen";
export const keyEscape = "Eine Linie abbrechen oder die Auswahl aufheben";
export const keysEverywhere = "Überall";
export const keyUndo = "Eine Korrektur oder eine Region rückgängig machen";
export const keyCopy = "In der Tabelle: den ausgewählten Kern oder alle gezeigten Kerne kopieren";
export const keyHelp = "Diese Tasten zeigen";
export const spaceKey = "Leertaste";
export const shiftKey = "Umschalt";
export const deleteKey = "Entf";
export const controlKey = "Strg";
export const closePanel = (panel: string): string => `${panel} schließen`;
export const splitterHelp =
  "Ziehen oder Pfeiltasten drücken, um die Größe zu ändern; Doppelklick für die Voreinstellung";

// Panels: panels/

// The session and its messages: session/

// The element: view.ts, nucleo-scope.ts, www/src/

// Errors of the engine and the library: engine/, frame/, node/, segment-options.ts

// The viewer: viewer/

/** Names that the engine gives to channels without a name of their own. */
const channelNames: Readonly<Record<string, string>> = {
  gray: "Grau",
  red: "Rot",
  green: "Grün",
  blue: "Blau",
  Channel: "Kanal",
};
const channelName = (name: string): string =>
  name.replace(/^(gray|red|green|blue|Channel)(?=$| \d+$)/, (english) => channelNames[english] ?? english);

export const listedChannel = (name: string, index: number, isSegmented: boolean): string =>
  `${index + 1}: ${channelName(name)}${isSegmented ? ", segmentiert" : ""}`;
export const showChannel = (channel: string): string => `${channel} zeigen`;
export const channelColor = (channel: string): string => `Farbe von ${channel}`;
export const channelLimits = (channel: string): string => `Grenzen von ${channel}`;
export const automaticValue = (value: string): string => `auto: ${value}`;
export const defaultRegionName = (index: number): string => `Region ${index + 1}`;
export const regionNameField = (index: number): string => `Name von Region ${index + 1}`;
export const removeRegion = (name: string | undefined, index: number): string =>
  `${name ?? `Region ${index + 1}`} entfernen`;
export const pictureFailed = (reason: string): string => `Das Bild kann nicht gezeigt werden. ${reason}`;
export const probabilityFailed = (reason: string): string =>
  `Die Wahrscheinlichkeit kann nicht gezeigt werden. ${reason}`;
export const foundSoFar = (count: number): string => `bisher ${nucleusCount(count)}`;
export const diameterFound = (pixels: number): string => `Durchmesser ${fixed(pixels, 0)} px`;
export const scoreOfImage = (score: number): string => `Score ${fixed(score, 3)}`;
export const isIgnored = "im Vergleich nicht berücksichtigt";
export const isCorrected = "von Hand korrigiert";
export const pictureOutlined = (image: string, count: number): string => `${image}, ${nucleusCount(count)} umrandet`;
export const pictureOfFailed = (image: string): string => `${image}, konnte nicht verarbeitet werden`;
export const pictureOfWaiting = (image: string): string => `${image}, noch nicht umrandet`;

// Tables and charts: results/

/** Measurements by their keys without a unit. */
const measurementNames: Readonly<Record<string, string>> = {
  "": "Kern",
  nucleus: "Kern",
  area: "Fläche",
  centroid_x: "Schwerpunkt x",
  centroid_y: "Schwerpunkt y",
  bounding_box_left: "Umgebendes Rechteck links",
  bounding_box_top: "Umgebendes Rechteck oben",
  bounding_box_right: "Umgebendes Rechteck rechts",
  bounding_box_bottom: "Umgebendes Rechteck unten",
  perimeter: "Umfang",
  circularity: "Rundheit",
  major_axis: "Hauptachse",
  minor_axis: "Nebenachse",
  eccentricity: "Exzentrizität",
  orientation: "Orientierung",
  solidity: "Solidität",
  extent: "Füllgrad",
  equivalent_diameter: "Äquivalenter Durchmesser",
  feret_maximum: "Größter Feret-Durchmesser",
  feret_minimum: "Kleinster Feret-Durchmesser",
  nearest_neighbour: "Nächster Nachbar",
  touches_edge: "Berührt den Rand",
  edited: "Bearbeitet",
  cell_area: "Zellfläche",
  nucleus_cell_area_ratio: "Flächenverhältnis Kern/Zelle",
};

/** Intensities by the ends of their keys, which follow the channel. */
const intensityNames: Readonly<Record<string, string>> = {
  ring_mean: "Mittelwert im Ring",
  cell_mean: "Mittelwert in der Zelle",
  mean: "Mittelwert",
  median: "Median",
  minimum: "Minimum",
  maximum: "Maximum",
  standard_deviation: "Standardabweichung",
  integrated: "Integral",
  integrated_above_background: "Integral über dem Hintergrund",
};

export function measurementName({ key, label }: { readonly key: string; readonly label: string }): string {
  const known = measurementNames[key.replace(/_(px2?|um2?|rad)$/, "")];
  if (known !== undefined) return known;
  const end = Object.keys(intensityNames).find(
    (name) => key.endsWith(`_${name}`) && label.endsWith(name.replaceAll("_", " ")),
  );
  if (end === undefined) return label;
  return `${channelName(label.slice(0, -end.length).trim())}: ${intensityNames[end]}`;
}

export const isCounted = "Gezählt";
export const isLeftOut = "Ausgeschlossen";
export const isBrushed = "Markiert";
export const isSelected = "Ausgewählter Kern";
export const copyChart = "Diagramm kopieren";
export const savePng = "PNG speichern";
export const saveSvg = "SVG speichern";
export const chartCopied = "Kopiert";
export const chartSaved = "Kopieren ist hier nicht möglich: stattdessen gespeichert";
export const columnsShown = "Gezeigte Spalten";
export const columnCount = (shown: number, all: number): string => `Spalten (${shown} von ${all})`;
export const nuclei = "Kerne";
export const nucleusTitle = (nucleus: number): string => `Kern ${nucleus}`;
export const fromTo = (low: string, high: string): string => `${low} bis ${high}`;

export const tableTab = "Tabelle";
export const histogramTab = "Histogramm";
export const scatterTab = "Streudiagramm";
export const summaryTab = "Übersicht";
export const conditionsTab = "Bedingungen";
export const nothingMeasured = "Die Messwerte erscheinen hier, sobald ein Bild segmentiert und ausgewählt ist.";
export const nothingToMeasure = "In diesem Bild wurden keine Kerne gefunden, daher gibt es nichts zu messen.";
export const imageNotMeasured = (image: string, reason: string): string =>
  `${image} konnte nicht gemessen werden. ${reason}`;
export const imagesNotMeasured = (count: number, first: string, reason: string): string =>
  `${imageCount(count)} ${count === 1 ? "konnte nicht gemessen werden und fehlt" : "konnten nicht gemessen werden und fehlen"} hier. ${first}: ${reason}`;
export const hoveredPositive = "positiv";
export const hoveredNegative = "negativ";

export function gateRule(column: string, low: string | null, high: string | null, keep: "inside" | "outside"): string {
  const isInside = keep === "inside";
  if (low !== null && high !== null) return `${column}: ${isInside ? "" : "außerhalb von "}${fromTo(low, high)}`;
  if (low !== null) return `${column}: ${isInside ? "ab" : "unter"} ${low}`;
  if (high !== null) return `${column}: ${isInside ? "bis" : "über"} ${high}`;
  return `${column}: ${isInside ? "jeder Wert" : "kein Wert"}`;
}

export const gates = "Gates";
export const removeGate = (gate: string): string => `Gate entfernen: ${gate}`;
export const removeAllGates = "Alle Gates entfernen";
export const gateNotUsed = "(nicht verwendet: dieses Bild hat keine solche Messgröße)";

export const positiveTitle = "Positive Kerne";
export const positiveColumn = "Messgröße, nach der Kerne positiv sind";
export const notDivided = "Nicht unterteilt";
export const positiveFrom = "positiv ab";
export const otsuHelp = "Schwellenwert nach Otsu aus den gezählten Kernen aller Bilder";
export const positiveOfImage = (positive: number, of: number): string => `Positiv: ${positiveNuclei(positive, of)}`;
export const positiveNotUsed = "Positiv: nicht verwendet, dieses Bild hat keine solche Messgröße";
export const positiveOfAll = (positive: number, of: number): string => `Alle Bilder: ${positiveNuclei(positive, of)}`;

export const tableHelp =
  "Pfeiltasten bewegen die Markierung. Die Eingabetaste sortiert nach einer Überschrift oder wählt eine Zeile aus. Strg+C kopiert den ausgewählten Kern oder alle gezeigten. Unter einer Überschrift einen Filter eingeben: `> 200`, `< 5` oder `200 bis 400`.";
export const tableName = "Messwerte der Kerne";
export const hideNotCounted = "Nicht gezählte Kerne ausblenden";
export const onlyBrushed = "Nur markierte Kerne";
export const clearFilters = "Filter löschen";
export const copyTable = "Tabelle kopieren";
export const copyTableHelp = "Alle gezeigten Kerne für eine Tabellenkalkulation kopieren";
export const nucleiCopied = (count: number): string => `${nucleusCount(count)} kopiert`;
export const copyNotAllowed = "der Browser erlaubt das Kopieren nicht";
export const filter = "Filter";
export const filterColumn = (column: string): string => `${column} filtern`;
export const filterHelp = "> 200, < 5 oder 200 bis 400 eingeben";

export function nucleiShown(shown: number, all: number, isFilterInvalid: boolean, hidden: number | null): string {
  const parts = [shown === all ? nucleusCount(all) : `${number(shown)} von ${counted(all, "Kern", "Kernen")} gezeigt`];
  if (isFilterInvalid) parts.push("ein Filter ist ungültig");
  if (hidden !== null) parts.push(`Kern ${number(hidden)} ist ausgeblendet`);
  return parts.join(", ");
}

export const column = "Messgröße";
export const bins = "Klassen";
export const automaticBins = (count: number): string => `auto (${count})`;
export const range = "Bereich";
export const rangeOf = (column: string): string => `Bereich: ${column}`;
export const rangeFrom = "von";
export const rangeTo = "bis";
export const openEnd = "offen";
export const numberHelp = `Eine Zahl eingeben, zum Beispiel 200 oder ${ungrouped(0.9)}`;
export const keepRange = "Nur diesen Bereich behalten";
export const leaveRangeOut = "Diesen Bereich ausschließen";
export const clearRange = "Bereich aufheben";
export const nucleiInRange = (count: number): string => `${nucleusCount(count)} im Bereich.`;
export const nucleiInBin = (low: string, high: string, count: number): string =>
  `${fromTo(low, high)}: ${nucleusCount(count)}`;
export const histogramHelp = "Über das Diagramm ziehen oder unten einen Bereich eingeben.";
export const histogramOf = (column: string, count: number, bins: number): string =>
  `Histogramm von ${column}: ${nucleusCount(count)} in ${counted(bins, "Klasse", "Klassen")}`;
export const horizontal = "Waagerecht";
export const vertical = "Senkrecht";
export const keepThese = "Nur diese behalten";
export const scatterHelp =
  "Ein Rechteck über das Diagramm ziehen oder unten Bereiche eingeben. Ein Klick auf einen Punkt wählt dessen Kern aus.";
export const scatterOf = (up: string, across: string, count: number): string =>
  `Streudiagramm von ${up} gegen ${across}: ${nucleusCount(count)}`;

export const summaryOfImage = "Dieses Bild";
export const summaryOfAll = (count: number): string => (count === 1 ? imageCount(1) : `Alle ${imageCount(count)}`);
export const valuesOfImage = "Gezählte Kerne dieses Bildes";
export const valuesOfAll = "Alle gezählten Kerne zusammen";
export const valuesOfMeans = "Mittelwerte der Bildmittel, jedes Bild mit gleichem Gewicht";
export const density = "Dichte der gezählten Kerne";
export const densityValue = (value: string, unit: "per mm²" | "per megapixel"): string =>
  `${value} ${unit === "per mm²" ? "pro mm²" : "pro Megapixel"}`;
export const areaAnalysed = "Ausgewertete Fläche";
export const megapixels = (value: string): string => `${value} Megapixel`;
export const measurement = "Messgröße";
export const mean = "Mittelwert";
export const standardDeviation = "SD";

export const groups = "Gruppen";
export const groupsNow = (names: readonly string[]): string =>
  `Gruppen: ${names.length === 0 ? "keine" : names.join(", ")}`;
export const groupBy = "Bilder gruppieren nach";
export const groupByFolder = "Ordner";
export const groupByTemplate = "Muster des Dateinamens";
export const groupByExpression = "Regulärer Ausdruck";
export const groupByHand = "Von Hand";
export const groupByNothing = "Keine Gruppen";
export const groupByFolderHelp = "Der erste Ordner, in dem sich die Bilder unterscheiden, benennt ihre Gruppe.";
export const groupByTemplateHelp =
  "{group} steht für die Gruppe, * für beliebigen Text. Das Muster beschreibt den ganzen Dateinamen ohne Endung; mit einem / gehören Ordner dazu, zum Beispiel {group}/*.";
export const groupByExpressionHelp =
  "Der erste Teil in Klammern, der irgendwo in Ordner und Dateiname passt, ist die Gruppe.";
export const groupByHandHelp =
  "Bilder ankreuzen, den Namen ihrer Gruppe eingeben und „Gruppe festlegen“ drücken. Ein leerer Name entfernt sie aus ihrer Gruppe.";
export const groupByNothingHelp = "Kein Bild hat eine Gruppe.";
export const pattern = "Muster";
export const applyToAll = "Auf alle Bilder anwenden";
export const groupOfTicked = "Gruppe der angekreuzten Bilder";
export const setGroup = "Gruppe festlegen";
export const tickImage = "Mindestens ein Bild ankreuzen.";
export const noGroup = "Keine Gruppe";
export const groupExamples = (count: number, names: readonly string[]): string =>
  `${imageCount(count)}: ${names.join(", ")}${count > names.length ? ` und ${count - names.length} weitere` : ""}`;
export const moreGroups = (count: number): string => `und ${counted(count, "weitere Gruppe", "weitere Gruppen")}`;

export const compare = "Vergleichen";
export const drawNuclei = "Darstellung";
export const drawDots = "Kerne als Punkte";
export const drawBoxes = "Boxplot";
export const nucleiNumber = "Anzahl der Kerne";
export const densityPerMegapixel = "Dichte (Kerne pro Megapixel)";
export const densityPerMm2 = "Dichte (Kerne pro mm²)";
export const positivePercent = "Positive Kerne (%)";
export const plotOfGroups = "Diagramm der Gruppen";
export const plotOf = (quantity: string, names: readonly string[]): string =>
  `${byGroup(quantity)}: ${names.join(", ")}. Die Tabellen darunter enthalten dieselben Zahlen.`;
export const byGroup = (quantity: string): string => `${quantity} nach Gruppe`;
export const groupSize = (images: number): string => `n = ${imageCount(images)}`;
export const imageValue = (image: string, value: string, count: number): string =>
  `${image}: ${value}, ${nucleusCount(count)}`;
export const plotHelp = "Auf einen großen Punkt zeigen, um sein Bild abzulesen.";
export const plotLegend =
  "Große Punkte sind Bilder; die Linie ist ihr Mittelwert, jedes Bild mit gleichem Gewicht, und der Balken ihre Standardabweichung.";
export const dotsLegend = "Kleine Punkte sind gezählte Kerne in der Farbe ihres Bildes.";
export const boxLegend = (isOfNuclei: boolean): string =>
  `Boxen sind Median und Quartile der ${isOfNuclei ? "gezählten Kerne" : "Bilder"}, mit Antennen von höchstens der 1,5-fachen Box.`;
export const nucleiDrawn = (drawn: number, all: number): string =>
  `${number(drawn)} von ${number(all)} Kernen sind gezeichnet, gleichmäßig aus jeder Gruppe ausgewählt. Alle Zahlen beziehen sich auf alle gezählten Kerne.`;
export const group = "Gruppe";
export const meanOf = (isOfNuclei: boolean): string => (isOfNuclei ? "Mittel der Bildmittel" : "Mittel der Bilder");
export const deviationOf = (isOfNuclei: boolean): string => (isOfNuclei ? "SD der Bildmittel" : "SD der Bilder");
export const imagesWithoutValue = (count: number): string =>
  `${imageCount(count)} ${count === 1 ? "fehlt" : "fehlen"} hier: nicht fertig, fehlgeschlagen oder ohne gezählten Kern mit diesem Wert.`;
export const test = "Test";
export const testOfTwo = "Welch-t-Test der Werte der Bilder, zweiseitig.";
export const testOfMore = (count: number): string =>
  `Welch-t-Tests der Werte der Bilder für jedes Paar von Gruppen, zweiseitig, mit nach Holm für ${counted(count, "Test", "Tests")} korrigierten p-Werten. Die Intervalle sind nicht korrigiert.`;
export const testSamples =
  "Die Stichproben sind Bilder (n), nicht Kerne. Bilder derselben Vertiefung, desselben Objektträgers oder Tieres sind nicht unabhängig voneinander: Der p-Wert ist dann zu klein.";
export const differencesOf = (quantity: string): string => `Unterschiede: ${quantity}`;
export const meansDifference = "Differenz der Mittelwerte";
export const interval95 = "95-%-Intervall";
export const testNeedsGroups = "Kein Test: Mindestens zwei Gruppen von Bildern sind nötig.";
export const testNeedsImages = (names: readonly string[]): string =>
  `${names.length === 1 ? "Die Gruppe" : "Die Gruppen"} ${names.join(", ")} ${names.length === 1 ? "kann" : "können"} nicht getestet werden: Ein Test braucht in jeder Gruppe mindestens 2 Bilder mit einem Wert.`;
export const testOfFew = (names: readonly string[]): string =>
  `Bei weniger als 3 Bildern in einer Gruppe (${names.join(", ")}) sagt ein p-Wert wenig: Selbst große Unterschiede können unbemerkt bleiben, und die Streuung ist kaum bekannt.`;
export const testOfEqual = "Gruppen, deren Bilder alle denselben Wert haben, können nicht getestet werden.";
