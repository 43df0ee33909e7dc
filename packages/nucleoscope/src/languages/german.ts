/** All texts of the page and the element in German, in place of `english.ts` in `main.de.js` and `element.de.js`. */
import type { Tally } from "../session/batch.ts";
import type { Submission } from "../session/submission.ts";
import type { WorkProgress } from "../session/work.ts";
import type { FormatInfo, Setting } from "../wasm/nucleoscope.js";
import { Formats, type Advice } from "./formats.ts";

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

function duration(seconds: number): string {
  if (seconds < 10) return "wenige Sekunden";
  if (seconds < 55) return `etwa ${Math.ceil(seconds / 5) * 5} Sekunden`;
  if (seconds < 90) return "etwa eine Minute";
  if (seconds < 55 * 60) return `etwa ${Math.round(seconds / 60)} Minuten`;
  if (seconds < 90 * 60) return "etwa eine Stunde";
  return `etwa ${Math.round(seconds / 3600)} Stunden`;
}

// The page around the element: www/src/

export const guide = "Anleitung";
export const unsupportedTitle = "Nucleoscope funktioniert in diesem Browser nicht";
export const unsupported = "Ihm fehlt:";
export const supportedBrowsers =
  "Verwenden Sie Chrome oder Edge 105, Firefox 121, Safari 16.4 oder eine neuere Version. Wenn Ihr Browser neuer ist, ist WebAssembly vielleicht durch eine Einstellung abgeschaltet, zum Beispiel durch den Blockierungsmodus von iPhones und Macs.";
export const newJavaScript = "JavaScript von 2023";
export const readingInWorkers =
  "Lesen von Dateien in einer Seite, die von einem Datenträger geöffnet wurde (öffnen Sie in Safari stattdessen die Seite von ihrem Server)";
export const scriptFailed =
  "Dieser Teil der Seite konnte nicht geladen werden. Prüfen Sie die Verbindung, und laden Sie die Seite neu.";
export const newVersion =
  "Eine neue Version von Nucleoscope ist bereit. Sie wird verwendet, sobald alle Fenster dieser Version geschlossen sind.";
export const useNewVersion = "Neu laden und jetzt verwenden";
export const otherWindowsOpen =
  "Schließen Sie zuerst die anderen Fenster und Tabs von Nucleoscope, auch die der Anleitung.";
export const savePage = "Seite zur Offline-Nutzung speichern";

// The element's structure: template.html, where each stands as {{name}}

export const tagline = "Zellkerne umranden und zählen";
export const dropImages = "Mikroskopbilder hier ablegen";
export const acceptedFiles = "PNG, JPEG, TIFF, BMP, GIF oder WebP, ganze Ordner und ZIP-Archive";
export const chooseImages = "Bilder wählen";
export const chooseFolder = "Ordner wählen";
export const tryExample = "Beispiel";
export const nothingUploaded = "Die Bilder bleiben auf diesem Computer: Nichts wird hochgeladen.";
export const firstHint =
  "Neu hier? Öffnen Sie das Beispiel, bewegen Sie die Regler unter „Anpassen“, und drücken Sie ? für alle Tasten.";
export const gotIt = "Verstanden";
export const imagesDone = "Fertige Bilder";
export const segmentAgain = "Neu segmentieren";
export const notifyMe = "Benachrichtigen, wenn alles fertig ist";
export const cancel = "Abbrechen";
export const continueWork = "Fortsetzen";
export const retryFailed = "Fehlgeschlagene Bilder wiederholen";
export const exportMenu = "Export…";
export const files = "Dateien";
export const images = "Bilder";
export const allImages = "Alle Bilder";
export const selectedImage = "Das ausgewählte Bild";
export const saveAsZip = "Als ZIP speichern";
export const tablesContent = "Übersicht und alle Kerne, für Tabellenkalkulationen";
export const downloadTables = "Tabellen speichern";
export const tableFormat = "Tabellenformat";
export const tableFormatHelp = "Dezimal- und Trennzeichen der Tabellen; Namen wie Formeln erhalten einen Apostroph";
export const dialectCommaPoint = "1.5 , Komma";
export const dialectSemicolonPoint = "1.5 ; Semikolon";
export const dialectSemicolonComma = "1,5 ; Semikolon";
export const dialectTabPoint = "1.5 ⇥ Tabulator";
export const dialectTabComma = "1,5 ⇥ Tabulator";
export const csvContent = "Lauflängen (Data Science Bowl 2018)";
export const downloadCsv = "CSV speichern";
export const tryAgain = "Erneut versuchen";
export const removeImageHelp = "Ausgewähltes Bild aus der Liste entfernen (Entf)";
export const remove = "Entfernen";
export const removeAll = "Alle entfernen";
export const search = "Suche";
export const searchImages = "Bilder suchen";
export const imageOrder = "Reihenfolge der Bilder";
export const orderAdded = "Hinzugefügt";
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
export const fromFile = "aus Datei";
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

export const imageStates = {
  waiting: "Wartet",
  working: "In Arbeit",
  done: "Fertig",
  failed: "Fehlgeschlagen",
  cancelled: "Abgebrochen",
} as const;
export const imagesShown = (shown: number, all: number): string => `${number(shown)} von ${number(all)} gezeigt`;
export const corrected = "korrigiert";
export const ownSettings = "eigene Einstellungen";
export const imageRegions = (count: number): string => counted(count, "Region", "Regionen");
export const imageChannel = (place: number): string => `Kanal ${place}`;
export const noScore = (reason: string): string => `Kein Score: ${reason}`;
export const fileWarning = (warning: string): string => `Warnung: ${warning}`;
export const dismiss = "Ausblenden";
export const scoreInterval = (low: string, high: string, images: number): string =>
  `95-%-Intervall ${low} bis ${high}, ${imageCount(images)}`;
export const ignoredLeftOut = (count: number): string =>
  `${imageCount(count)} ${count === 1 ? "wird" : "werden"} im Vergleich nicht berücksichtigt.`;

/** The labels and explanations of the watershed's settings, by name. */
const settingTexts: Readonly<Record<string, readonly [string, string]>> = {
  interiorThreshold: ["Innenschwellenwert", "Innenwahrscheinlichkeit, oberhalb derer ein Pixel zu einem Kern gehört"],
  h: ["Trennung", "Höhere Werte trennen Kerne, die sich berühren, eher"],
  minimumConfidence: ["Mindestkonfidenz", "Kerne mit geringerer mittlerer Innenwahrscheinlichkeit werden verworfen"],
  minimumArea: ["Mindestfläche", "Kerne aus weniger Pixeln werden verworfen"],
  smoothing: [
    "Glättung",
    "Standardabweichung des Gaußfilters, der die Distanzkarte glättet: Größere Werte trennen weniger",
  ],
  fillHoles: ["Löcher füllen", "Löcher in Kernen füllen"],
  clearBorder: ["Randkerne verwerfen", "Kerne verwerfen, die den Bildrand berühren"],
};
export const settingLabel = ({ name, label }: Setting): string => settingTexts[name]?.[0] ?? label;
export const settingHelp = ({ name, help, slider }: Setting): string => settingTexts[name]?.[1] ?? slider?.help ?? help;
export const aboutSetting = (label: string): string => `Erklärung zu ${label}`;
export const switchedOff = "Aus";
export const switchedOn = "Ein";
export const lowValue = "Niedrig";
export const highValue = "Hoch";
export const maximumProjection = "Maximumprojektion";

/** The labels and descriptions of the export formats, by name. */
const formatTexts: Readonly<Record<string, readonly [string, string]>> = {
  summary: [
    "Übersicht, eine Zeile je Bild (CSV)",
    "Eine Tabelle mit einer Zeile je Bild: Anzahlen, Dichten, Mittelwert und Streuung der Messgrößen",
  ],
  measurements: ["Messwerte aller Kerne (CSV)", "Eine Tabelle mit einer Zeile je Kern, aus allen Bildern"],
  conditions: [
    "Bedingungen, Gruppen von Bildern im Vergleich (CSV)",
    "Eine Tabelle mit einer Zeile je Gruppe von Bildern und Messgröße: Mittelwert und Streuung der Bildwerte",
  ],
  bowl: ["Bowl-CSV (Lauflängen)", "Die Lauflängen aller Bilder, im Format des Data Science Bowl 2018"],
  labels: ["Labelbild (PNG oder TIFF)", "Das Labelbild: 0 ist Hintergrund, jeder andere Wert die Nummer eines Kerns"],
  overlay: ["Bild mit Umrissen (PNG)", "Das segmentierte Bild, die äußersten Pixel jedes Kerns in Gelb"],
  svg: ["Umrisse (SVG)", "Umrisse für ein Zeichenprogramm, ein Pfad je Kern"],
  geojson: ["QuPath (GeoJSON)", "Eine Detektion je Kern für QuPath, mit Messwerten, und eine Annotation je Region"],
  rois: ["ImageJ-ROIs (RoiSet.zip)", "Eine ROI je Kern, für den ROI-Manager von ImageJ"],
  coco: ["COCO (JSON)", "Eine COCO-Instanz je Kern, aus allen Bildern"],
  record: [
    "Einstellungen und Korrekturen (nucleoscope.json)",
    "Was mit jedem Bild gemacht wurde, so dass es wiederholt werden kann",
  ],
};
export const formatLabel = ({ name, label }: FormatInfo): string => formatTexts[name]?.[0] ?? label;
export const formatHelp = ({ name, description, file }: FormatInfo): string =>
  `${formatTexts[name]?.[1] ?? description}: ${file.replace(" or ", " oder ")}`;
export const packing = "Wird gepackt…";
export const filesSaved = (names: readonly string[]): string =>
  `${names.length <= 2 ? names.join(" und ") : counted(names.length, "Datei", "Dateien")} gespeichert.`;
export const unfinishedLeftOut = (count: number): string =>
  `${counted(count, "unfertiges Bild", "unfertige Bilder")} ausgelassen.`;
export const unwrittenLeftOut = (count: number, first: string, reason: string): string =>
  `${imageCount(count)} ausgelassen, weil die Dateien nicht geschrieben werden konnten: ${first}. ${reason}`;
export const notSaved = (reason: string): string => `Nicht gespeichert: ${reason}`;
export const csvNotSaved = (reason: string): string => `Die CSV-Datei konnte nicht gespeichert werden: ${reason}`;

export function missingFromCsv({ unfinished, notRequested, missing }: Submission): string {
  const parts: string[] = [];
  if (unfinished > 0) {
    parts.push(counted(unfinished, "fehlgeschlagenes oder unfertiges Bild", "fehlgeschlagene oder unfertige Bilder"));
  }
  if (notRequested > 0) {
    parts.push(
      `${imageCount(notRequested)}, ${notRequested === 1 ? "das" : "die"} die Beispieleinreichung nicht aufführt`,
    );
  }
  const sentences = parts.length === 0 ? [] : [`Nicht in der CSV-Datei: ${parts.join("; ")}.`];
  if (missing > 0) {
    sentences.push(
      `${imageCount(missing)} der Beispieleinreichung ${missing === 1 ? "fehlt" : "fehlen"} in der Liste.`,
    );
  }
  return sentences.join(" ");
}

// The session and its messages: session/

export const doneCount = (count: number): string => `${imageCount(count)} fertig`;
export const nucleiNotCounted = (count: number): string => `${nucleusCount(count)}, nicht gezählt`;

export function workProgress({ done, total, secondsLeft }: WorkProgress): string {
  const images = `${number(done)} von ${counted(total, "Bild", "Bildern")} fertig`;
  return secondsLeft === null ? images : `${images}, noch ${duration(secondsLeft)}`;
}

export function batchEnd(tally: Tally, notAdded: number): string {
  const { done, nuclei, counted: count, uncounted, failed, cancelled } = tally;
  const parts = [doneCount(done), countedNuclei(count, nuclei)];
  if (uncounted > 0) parts.push(`${imageCount(uncounted)} nicht gezählt`);
  if (failed > 0) parts.push(`${number(failed)} fehlgeschlagen`);
  if (cancelled > 0) parts.push(`${number(cancelled)} abgebrochen`);
  if (notAdded > 0) parts.push(`${number(notAdded)} nicht hinzugefügt`);
  return `${parts.join(", ")}.`;
}

export const applyingSliders = (image: string, percent: number): string =>
  `Regler werden auf ${image} angewendet: ${percent} %`;
export const notAdjusted = (image: string, reason: string): string =>
  `${image} konnte nicht angepasst werden: ${reason}`;
export const writingImage = (place: number, images: number): string =>
  `${place} von ${counted(images, "Bild", "Bildern")} wird geschrieben…`;
export const scoresNotSummarised = (reason: string): string =>
  `Die Scores konnten nicht zusammengefasst werden: ${reason}`;

export const openingFiles = "Die Dateien werden geöffnet…";
export const filesNotOpened = "Die Dateien konnten nicht geöffnet werden.";
export const filesNotOpenedBecause = (reason: string): string => `Die Dateien konnten nicht geöffnet werden: ${reason}`;
export const noImagesFound = "Es wurden keine Bilder gefunden.";
export const noImagesInFiles: Advice = {
  message: "In den hinzugefügten Dateien wurden keine Bilder gefunden.",
  help: "Fügen Sie Bilder in PNG, JPEG, TIFF, BMP, GIF oder WebP hinzu, oder einen Ordner oder ein ZIP-Archiv mit solchen Bildern.",
};
export const fileUnreadable: Advice = {
  message: "Der Browser konnte diese Datei nicht lesen.",
  help: "Prüfen Sie, ob es sie noch gibt und ob Sie sie lesen dürfen, und fügen Sie sie dann erneut hinzu.",
};
export const filesRefused = (first: string, count: number): Advice => ({
  message:
    count === 1
      ? `${first} wurde nicht hinzugefügt, weil dieselbe Datei schon hinzugefügt wurde.`
      : `${counted(count, "Datei", "Dateien")} wurden nicht hinzugefügt, weil dieselben Dateien schon hinzugefügt wurden: ${first} und weitere.`,
  help: "Um neu zu beginnen, entfernen Sie zuerst alle Bilder.",
});
export const fileNotUsed = (path: string, { message, help }: Advice): Advice => ({
  message: `${path} wurde nicht verwendet: ${message}`,
  help,
});

export const lastVisitOpened = (images: number, when: string): Advice => ({
  message: `${imageCount(images)} Ihres letzten Besuchs (${when}) wieder geöffnet, mit Kernen und Korrekturen.`,
  help: "Sie waren nur auf diesem Computer gespeichert. „Alle entfernen“ entfernt sie.",
});
export const tooLargeToKeep = "Diese Bilder sind zu groß, um gespeichert zu werden: mehr als 1 GiB.";
export const noSpaceToKeep = "Der Browser hat keinen Platz mehr, um diese Sitzung zu speichern.";
export const cannotBeKept = "Diese Sitzung kann nicht gespeichert werden.";

export const imageRemoved = (image: string): string => `${image} entfernt.`;
export const imagesRemoved = (names: readonly string[]): string =>
  `${imageCount(names.length)} entfernt: ${names.slice(0, 3).join(", ")}${names.length > 3 ? " und weitere" : ""}`;
export const allImagesRemoved = "Alle Bilder entfernt.";
export const batchRemoved = (images: number, hasNuclei: boolean): string =>
  `${imageCount(images)}${hasNuclei ? " mit Kernen und Korrekturen" : ""} entfernt`;
export const removalHelp = "Dies lässt sich rückgängig machen, bis weitere Bilder hinzugefügt werden.";

export const linkSettingsIgnored = (settings: readonly string[]): Advice => ({
  message: `Der Link dieser Seite enthält Einstellungen, die es nicht gibt oder deren Werte nicht zulässig sind: ${settings.join(", ")}`,
  help: "Stattdessen gelten die Voreinstellungen.",
});
export const linkNamesOld = (names: readonly string[]): Advice => ({
  message: `Der Link dieser Seite verwendet alte Namen von Einstellungen: ${names.join(", ")}`,
  help: "Kopieren Sie den Link erneut: Eine spätere Version wird die alten Namen nicht mehr lesen.",
});

export const regionsWithoutImage = (path: string, count: number): Advice => ({
  message: `${path} enthält ${imageRegions(count)}, aber kein Bild ist ausgewählt.`,
  help: "Fügen Sie zuerst das Bild hinzu, dann die Regionen.",
});
export const regionsApplied = (path: string, count: number, image: string): Advice => ({
  message: `${imageRegions(count)} aus ${path} auf ${image} angewendet.`,
  help: "„Regionen entfernen“ entfernt sie.",
});

export const recordWithoutTruth = (image: string): Advice => ({
  message: `Die Korrekturen von ${image} beginnen mit der Referenz, die nicht unter den Dateien ist.`,
  help: "Fügen Sie die Masken, das Labelbild oder die CSV-Datei hinzu, danach das Protokoll erneut.",
});
export const recordWithoutImages = (count: number): Advice => ({
  message: `Das Protokoll enthält ${count === 1 ? "1 weiteres Bild, das nicht unter den Dateien ist" : `${number(count)} weitere Bilder, die nicht unter den Dateien sind`}.`,
  help: "Fügen Sie sie hinzu, um ihre Läufe zu wiederholen.",
});
export const recordOfOtherFile = (path: string): Advice => ({
  message: `${path} ist nicht die Datei, zu der das Protokoll gehört.`,
  help: "Die Einstellungen und Korrekturen wurden trotzdem verwendet; prüfen Sie das Ergebnis.",
});
export const tryingModel = (name: string): string => `Das Modell ${name} wird erprobt …`;
export const modelRefused = (name: string, reason: string, model: string): string =>
  `${name} wird nicht verwendet: ${reason}. Weiterhin wird ${model} verwendet`;
export const recordOfOtherModel = (model: string, own: string): Advice => ({
  message: `Das Protokoll wurde mit einem anderen Modell erstellt (${model}); diese Seite hat ${own}.`,
  help: "Die Kerne können von denen im Protokoll abweichen.",
});

export const groupTemplateHelp = (mark: string): string =>
  `Schreiben Sie ${mark} einmal an die Stelle, an der der Name der Gruppe steht, zum Beispiel ${mark}_*`;
export const groupExpressionHelp =
  "Setzen Sie den Teil, der die Gruppe benennt, in Klammern, zum Beispiel ^(control|treated)";

export function noNucleiHint(hasChannels: boolean, hasTruth: boolean): string {
  const channels = hasChannels ? "Wählen Sie unter „Anpassen“ den Kanal mit den Kernen. " : "";
  const truth = hasTruth ? " Die Kerne der Referenz werden als übersehen gezeigt, falls es welche gibt." : "";
  return `Es wurden keine Kerne gefunden. ${channels}Falls es welche gibt, verringern Sie „Mindestkonfidenz“ und „Innenschwellenwert“, oder geben Sie den Kerndurchmesser ein und segmentieren Sie neu.${truth}`;
}
export const smallNucleiHint =
  "Die gefundenen Kerne sind sehr klein und vielleicht nur Rauschen. Erhöhen Sie „Mindestfläche“ oder „Mindestkonfidenz“, oder geben Sie den Kerndurchmesser ein und segmentieren Sie neu.";

// The element: view.ts, nucleo-scope.ts

export const dropMoreImages = "Weitere Bilder hier ablegen";
export const listWidth = "Breite der Liste";
export const panelWidth = "Breite des Bereichs";
export const modelName = (name: string): string => `Modell ${name}`;
export const chooseModel = "Anderes Modell verwenden";
export const backToModel = (name: string): string => `Zurück zu ${name}`;
export const sessionForgotten = "Diese Sitzung wird nicht mehr gespeichert: Sie endet, wenn Sie die Seite verlassen";
export const linkCopied = "Ein Link mit diesen Einstellungen wurde kopiert.";
export const linkInAddress =
  "Die Adresse dieser Seite enthält jetzt diese Einstellungen: Kopieren Sie sie aus der Adresszeile.";

export const largeImageNote = (keepsMaps: boolean): string =>
  `Großes Bild: ${
    keepsMaps
      ? "Regler wirken beim Loslassen"
      : "Die Wahrscheinlichkeitskarten werden nicht behalten (höchstens 2 GB), daher wendet „Neu segmentieren“ die Regler an"
  }; Wahrscheinlichkeiten können nicht gezeigt werden.`;
export const imageNotFetched = (path: string, status: number): string =>
  `der Server antwortete mit ${status} für ${path}`;
export const addressValueIgnored = (name: string, value: string, minimum: number, maximum: number): Advice => ({
  message: `Die Adresse dieser Seite verlangt ${name}=${value}, das ist keine ganze Zahl von ${minimum} bis ${maximum}`,
  help: "Stattdessen wird ein Wert verwendet, der zu diesem Computer passt.",
});
export const pageDamaged = (reason: string): Advice => ({
  message: `Diese Datei ist beschädigt, oder dieser Browser ist zu alt für sie (${reason}).`,
  help: "Speichern Sie die Seite erneut, oder verwenden Sie eine aktuelle Version von Chrome, Edge, Firefox oder Safari.",
});
export const pageIncomplete = "das Ende der Datei fehlt";

// Errors of the engine and the library: engine/, frame/, node/, segment-options.ts

export const internalError = (reason: string): Advice => ({
  message: `Im Programm ist ein Fehler aufgetreten: ${reason}`,
  help: "Laden Sie die Seite neu, und versuchen Sie es noch einmal.",
});
export const notLoaded = (reason: string): Advice => ({
  message: `Ein Teil des Programms konnte nicht geladen werden (${reason}).`,
  help: "Prüfen Sie die Verbindung, und versuchen Sie es noch einmal.",
});
export const serverSilent = (file: string): string => `${file}: Der Server antwortete nicht`;
export const serverRefused = (file: string, status: number): string => `${file}: Der Server antwortete mit ${status}`;
export const sandboxed = (file: string): Advice => ({
  message: `Ein Teil des Programms konnte nicht geladen werden (${file}), weil diese Seite in einem Frame mit Sandbox ist.`,
  help: "Fügen Sie allow-same-origin zur Sandbox des Frames hinzu, oder verwenden Sie im Frame die einzelne Datei nucleoscope.html.",
});
export const htmlInstead = (file: string): Advice => ({
  message: `Ein Teil des Programms konnte nicht geladen werden: Der Server schickte eine HTML-Seite statt ${file}.`,
  help: "Vermutlich fehlt die Datei, und der Server beantwortet unbekannte Adressen mit seiner Startseite. Kopieren Sie die Datei an diese Adresse, oder geben Sie ihre Adresse in den Optionen an.",
});
export const notCompiled = (reason: string): Advice => ({
  message: `Dieser Browser kann das Programm nicht ausführen (${reason}).`,
  help: "Verwenden Sie eine aktuelle Version von Chrome, Edge, Firefox oder Safari.",
});
export const notStarted = (reason: string): Advice => ({
  message: `Das Programm konnte nicht gestartet werden (${reason}).`,
  help: "Schließen Sie andere Tabs oder Programme, um Speicher freizugeben, und beginnen Sie neu. Nötig ist ein Browser von 2023 oder neuer, oder Node 20.",
});
export const crashed = (attempts: number, reason: string): Advice => ({
  message: `Das Programm ist ${attempts}-mal nacheinander unerwartet beendet worden (${reason}).`,
  help: "Sonst ist nichts betroffen. Schließen Sie andere Tabs oder Programme, um Speicher freizugeben, und versuchen Sie es noch einmal, oder verwenden Sie ein kleineres Bild.",
});
export const noAnswer = (attempts: number, reason: string): Advice => ({
  message: `Das Programm hat ${attempts}-mal nacheinander nicht geantwortet (${reason}).`,
  help: "Sonst ist nichts betroffen. Schließen Sie andere Tabs oder Programme, und versuchen Sie es noch einmal, oder verwenden Sie ein kleineres Bild.",
});
export const modelTooSlow = (seconds: number): string => `die Erprobung dauerte länger als ${seconds} s`;
export const modelTooLarge = (mebibytes: number): string => `es braucht mehr als ${mebibytes} MiB Speicher`;
export const modelCrashed = (reason: string): string =>
  `es brachte den Worker zum Absturz, der es erprobte (${reason})`;
export const otherModel = "Verwenden Sie ein anderes Modell, oder erproben Sie dieses mit der Befehlszeile.";
export const silentFor = (seconds: number): string => `keine Antwort seit ${seconds} Sekunden`;
export const messageUnreadable = "eine Nachricht konnte nicht gelesen werden";
export const engineDisposed: Advice = {
  message: "Das Programm wurde beendet.",
  help: "Laden Sie die Seite neu, oder erzeugen Sie eine neue Engine.",
};

export const unknownMethod = (method: string): string => `Es gibt keine Methode „${method}“.`;
export const unknownVersion = (known: number, asked: number): string =>
  `Diese Seite kennt die Version ${known} der Nachrichten, nicht ${asked}.`;
export const sameVersionHelp = "Verwenden Sie den Client aus derselben Version des Pakets.";

export const notPositiveWhole = (option: string, value: string): Advice => ({
  message: `Die Option ${option} ist ${value}, also keine positive ganze Zahl.`,
  help: "Geben Sie eine positive ganze Zahl an, oder lassen Sie die Option für die Voreinstellung weg.",
});
export const badOption = (option: string, value: string, expected: string): Advice => ({
  message: `Die Option ${option} ist ${value}; erwartet wird ${expected}.`,
  help: "Geben Sie einen solchen Wert an, oder lassen Sie die Option für die Voreinstellung weg.",
});
export const numberAboveZero = "eine Zahl über 0";
export const trueOrFalse = "true oder false";
export const numberBetween = (isWhole: boolean, minimum: number, maximum: number): string =>
  `eine ${isWhole ? "ganze Zahl" : "Zahl"} von ${minimum} bis ${maximum}`;
export const unknownOption = (option: string, known: readonly string[]): Advice => ({
  message: `Es gibt keine Option ${option}.`,
  help: `Die Einstellungen sind ${known.join(", ")}.`,
});
export const predictionNotKept: Advice = {
  message: "Die Vorhersage des Netzes für dieses Bild wurde nicht behalten.",
  help: "Segmentieren Sie das Bild mit der Option keepPrediction.",
};
export const fileNotRead = (path: string, reason: string): Advice => ({
  message: `${path}: ${reason}`,
  help: "Prüfen Sie, ob es die Datei gibt und ob Sie sie lesen dürfen.",
});
export const fileMissing = "Die Datei gibt es nicht";
export const isFolder = "Dies ist ein Ordner, keine Datei";
export const fileForbidden = "Sie dürfen die Datei nicht lesen";
export const threadEnded = (code: number): string => `der Thread endete mit Code ${code}`;

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
