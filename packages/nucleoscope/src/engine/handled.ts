/**
 * The fields of the module's types that the page handles.
 *
 * A field that is added in Rust breaks the type check here. Use it, or decide that the page does not need it;
 * then add its name.
 */
import type {
  BatchPlan,
  ChannelDisplay,
  ChannelInfo,
  Column,
  CountedNuclei,
  Counts,
  ErrorReport,
  ExampleImage,
  ExportFile,
  ImageExport,
  ImageScore,
  Interval,
  Match,
  MeasurementTable,
  ModelMetadata,
  Moments,
  NucleiSummary,
  Outlines,
  PlannedFailure,
  PlannedImage,
  PlannedRecord,
  Preview,
  RefusedEdit,
  ScoreSummary,
  Setting,
  Slider,
  Source,
  StackInfo,
  Warning,
} from "../wasm/nucleoscope.js";

/** `true` if a type has only the known fields; otherwise the names of the others. */
type Others<T, Known extends keyof T> = [Exclude<keyof T, Known>] extends [never] ? true : Exclude<keyof T, Known>;

type AllTrue<T extends Record<string, true>> = T;

/** Each type with its known fields. */
export type Handled = AllTrue<{
  channelDisplay: Others<ChannelDisplay, "channel" | "color" | "low" | "high" | "gamma" | "visible">;
  channelInfo: Others<ChannelInfo, "name" | "color">;
  column: Others<Column, "key" | "label" | "unit">;
  counts: Others<Counts, "truePositives" | "falseNegatives" | "falsePositives">;
  exampleImage: Others<ExampleImage, "name" | "png">;
  exportFile: Others<ExportFile, "name" | "bytes">;
  imageExport: Others<ImageExport, "files" | "part">;
  interval: Others<Interval, "low" | "high">;
  match: Others<Match, "truth" | "predicted" | "intersection" | "union">;
  moments: Others<Moments, "count" | "mean" | "squares">;
  plannedFailure: Others<PlannedFailure, "path" | "error">;
  plannedRecord: Others<PlannedRecord, "path" | "source">;
  preview: Others<Preview, "width" | "height" | "rgba">;
  refusedEdit: Others<RefusedEdit, "edit" | "reason">;
  slider: Others<Slider, "minimum" | "maximum" | "step" | "reversed" | "help">;
  source: Others<Source, "file" | "entry">;
  batchPlan: Others<BatchPlan, "images" | "failures" | "warnings" | "requested" | "records">;
  countedNuclei: Others<CountedNuclei, "included" | "positive" | "summary">;
  errorReport: Others<ErrorReport, "code" | "message" | "help">;
  imageScore: Others<
    ImageScore,
    "score" | "averagePrecision50" | "averagePrecision75" | "counts" | "matches" | "falsePositives" | "falseNegatives"
  >;
  measurementTable: Others<MeasurementTable, "columns" | "rows" | "values">;
  modelMetadata: Others<
    ModelMetadata,
    "name" | "version" | "activation" | "stride" | "halo" | "trainingDiameter" | "scales" | "license" | "data"
  >;
  nucleiSummary: Others<NucleiSummary, "nuclei" | "included" | "positive" | "pixels" | "squareMillimetres" | "columns">;
  outlines: Others<Outlines, "points" | "offsets" | "labels">;
  plannedImage: Others<
    PlannedImage,
    "imageId" | "fileStem" | "path" | "size" | "source" | "truth" | "ignoredInScoring"
  >;
  scoreSummary: Others<
    ScoreSummary,
    "images" | "score" | "interval" | "averagePrecision50" | "averagePrecision75" | "counts"
  >;
  setting: Others<
    Setting,
    "name" | "oldName" | "label" | "help" | "unit" | "kind" | "minimum" | "maximum" | "default" | "slider"
  >;
  stackInfo: Others<
    StackInfo,
    | "width"
    | "height"
    | "bitDepth"
    | "isColor"
    | "channels"
    | "slices"
    | "frames"
    | "pixelSize"
    | "segmentedChannel"
    | "displays"
    | "warnings"
  >;
  warning: Others<Warning, "code" | "message" | "help">;
}>;
