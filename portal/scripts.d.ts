// The shapes that our scripts exchange with the server or store in the browser, and what TypeScript's own list of the
// browser's parts lacks. Only `tsc` reads this file: no page is sent it. Fields in snake_case are the API's.

// ---- the interview room

type ContainerName = "mp4" | "webm";
type DeviceKind = "camera" | "microphone";

/** The request that creates an answer; `continues` is the id of the answer whose take continues. */
interface Wish {
  question: number;
  continues: string | null;
  container?: ContainerName;
}

interface Answer {
  answer_id: string;
  take: number;
  part: number;
  state: string;
  recorded_ms?: number | null;
  duration_ms?: number | null;
  received_bytes?: number;
}

interface Question {
  position: number;
  prompt: string | null;
  think_ms: number;
  think_left_ms: number;
  limit_ms: number;
  takes: number;
  answers: Answer[];
  /** On the monotonic clock of this page. */
  think_ends_at?: number;
  /** Why the last take is not saved. */
  failureText?: string;
  /** What is lost of an earlier load of the page, in words. */
  lostText?: string;
}

interface RoomReply {
  state: string;
  csrf: string;
  questions: Question[];
  chunk_max_bytes: number;
  analyse: boolean;
}

interface ReleaseReply {
  position: number;
  prompt: string;
  think_left_ms: number;
}

interface UploadAddress {
  upload_url: string;
  upload_token: string;
}

interface AnswerReply extends UploadAddress {
  answer_id: string;
  take: number;
  part: number;
  limit_ms: number;
  station?: StationStatus;
}

interface PageEvent {
  kind: string;
  t_ms: number;
  until_ms: number | null;
  is_open: boolean;
  characters?: number | null;
  is_told?: boolean;
}

/** [bytes, ms]: the recorded time that so many bytes reach. */
type OffsetTime = [number, number];

/** An upload as this browser stores it. */
interface UploadRecord extends Partial<UploadAddress> {
  answer_id: string;
  interview_id: string;
  wish: Wish | null;
  watched: boolean;
  events: PageEvent[];
  is_ended: boolean;
  recorded_ms: number | null;
  saved_bytes: number;
  saved_ms: number;
}

interface UploadNote {
  recorded_ms: number | null;
  marks: OffsetTime[];
  waits: { question: number; take: number | null } | null;
}

interface Piece {
  answer_id: string;
  start: number;
  bytes: ArrayBuffer;
  until_ms: number;
}

/** Repeats a request until the server can be reached. */
type Reached = <T>(ask: () => Promise<T>) => Promise<T>;

/** What happens while a take is recorded. */
interface RecorderListener {
  onBlob?(blob: Blob, untilMs: number): unknown;
  onLost?(why: string): void;
  onTurn?(): void;
  onPause?(kind: DeviceKind, isPaused: boolean): void;
  onSaved?(): void;
}

/** What an error may carry beside its message. */
interface Trouble extends Error {
  status?: number;
  foreignStatus?: number;
  isTimeout?: boolean;
  isSoon?: boolean;
  isLasting?: boolean;
  advice?: string;
}

// ---- a machine that records by itself

interface StationRecording {
  answer: string;
  is_running: boolean;
  recorded_ms: number;
  saved_bytes: number;
  saved_ms: number;
  end: string | null;
}

interface CameraStatus {
  width: number;
  height: number;
  is_gone: boolean;
}

interface StationStatus {
  is_held: boolean;
  is_watched: boolean;
  is_silent: boolean;
  level_dbfs: number;
  camera: CameraStatus;
  recording: StationRecording | null;
}

// ---- the player

interface MeasuredAnswer {
  question: number;
  start_ms: number;
  end_ms: number;
}

type Sample = number | boolean | null;
type Box = [number, number, number, number];
/** Each row has its time in `t_ms`; the other members are signals. */
type SignalLog = { t_ms: number[] } & Record<string, Sample[]>;
type LogName = "face" | "eyes" | "audio" | "quality";

interface SignalScale {
  unit: string;
  low: number;
  high: number;
  shown_decimals: number;
  is_logarithmic: boolean;
}

/** A signal of the registry (capture/signals.py). */
interface Signal {
  name: string;
  log: LogName;
  lane: string;
  drawn: "line" | "steps" | "area" | "foot" | "ticks" | "number" | "corners";
  label: string;
  short: string;
  ends: string;
  ink: string;
  dash?: number[];
  scale: SignalScale;
}

interface RegistryLane {
  name: string;
  label: string;
}

interface Lane extends RegistryLane {
  signals: Signal[];
}

interface Registry {
  true_from: number;
  signals: Signal[];
  lanes: RegistryLane[];
}

interface TelemetryFile {
  duration_ms: number;
  sample_every_ms: number;
  answers: MeasuredAnswer[];
  gaps: { start_ms: number; end_ms: number }[];
  face?: SignalLog;
  eyes?: SignalLog;
  audio?: SignalLog;
  quality?: SignalLog;
}

interface FlagSpan {
  severity: string;
  startMs: number;
  endMs: number;
}

// ---- what browsers have and TypeScript does not list

interface Document {
  webkitExitFullscreen?(): Promise<void>;
  webkitFullscreenElement?: Element | null;
}

interface Element {
  webkitRequestFullscreen?(): Promise<void>;
}

interface HTMLVideoElement {
  webkitEnterFullscreen?(): void;
  webkitAudioDecodedByteCount?: number;
  mozHasAudio?: boolean;
  audioTracks?: { length: number };
}

interface MediaRecorderOptions {
  videoKeyFrameIntervalDuration?: number;
}

interface MediaTrackConstraintSet {
  resizeMode?: ConstrainDOMString;
}

interface Screen {
  isExtended?: boolean;
}

interface Window {
  SwaggerUIBundle(options: Record<string, unknown>): void;
}

/** The events of htmx that our scripts use. */
interface HtmxDetail {
  elt: HTMLElement;
  target: HTMLElement;
  xhr: XMLHttpRequest;
  serverResponse: string;
  shouldSwap: boolean;
  verb: string;
  requestConfig?: { verb: string; elt: HTMLElement };
  triggeringEvent?: SubmitEvent;
  issueRequest(skipsConfirmation: boolean): void;
}

interface DocumentEventMap {
  "htmx:confirm": CustomEvent<HtmxDetail>;
  "htmx:afterRequest": CustomEvent<HtmxDetail>;
  "htmx:sendError": CustomEvent<HtmxDetail>;
  "htmx:beforeSwap": CustomEvent<HtmxDetail>;
  "htmx:afterSettle": CustomEvent<HtmxDetail>;
  webkitfullscreenchange: Event;
}
