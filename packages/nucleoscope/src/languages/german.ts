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
export const { locale, collator, number, fixed, precise } = formats;

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

// The page around the element: www/src/

export const guide = "Anleitung";
export const savePage = "Diese Seite zur Offline-Nutzung speichern";

// The element's structure: template.html, where each stands as {{name}}

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

export const imageStates = {
  waiting: "Wartet",
  working: "In Arbeit",
  done: "Fertig",
  failed: "Fehlgeschlagen",
  cancelled: "Abgebrochen",
} as const;
export const imagesShown = (shown: number, all: number): string => `${number(shown)} von ${number(all)} gezeigt`;
export const imageScore = (score: string): string => `Score ${score}`;
export const ignoredInScoring = "im Vergleich nicht berücksichtigt";
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

// The element: view.ts, nucleo-scope.ts, www/src/

export const dropMoreImages = "Weitere Bilder hier ablegen";
export const listWidth = "Breite der Liste";
export const panelWidth = "Breite des Bereichs";
export const modelName = (name: string): string => `Modell ${name}`;
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
  help: "Schließen Sie andere Tabs, um Speicher freizugeben, und laden Sie die Seite neu. Nötig ist ein Browser von 2023 oder neuer.",
});
export const crashed = (attempts: number, reason: string): Advice => ({
  message: `Das Programm ist ${attempts}-mal nacheinander unerwartet beendet worden (${reason}).`,
  help: "Sonst ist nichts betroffen. Schließen Sie andere Tabs, um Speicher freizugeben, und versuchen Sie es noch einmal, oder verwenden Sie ein kleineres Bild.",
});
export const noAnswer = (attempts: number, reason: string): Advice => ({
  message: `Das Programm hat ${attempts}-mal nacheinander nicht geantwortet (${reason}).`,
  help: "Sonst ist nichts betroffen. Schließen Sie andere Tabs und Programme, und versuchen Sie es noch einmal, oder verwenden Sie ein kleineres Bild.",
});
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

// Tables and charts: results/
