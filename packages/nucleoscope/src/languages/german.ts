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
