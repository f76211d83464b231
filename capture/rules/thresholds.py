"""Every threshold of the rules, with its reason. Only numbers: other modules compare them."""

from dataclasses import dataclass

RULES_VERSION = "2026-11-5"


@dataclass(frozen=True)
class Rules:
    """Angles in degrees, levels in dBFS, `_ms` in milliseconds, the rest in the telemetry's ratios.

    `off` contains the names of rules that are switched off, without the version:
    `{"looking_away"}`.
    """

    off: frozenset[str] = frozenset()

    # What a picture must be like before "no face in it" means anything.
    # the mean luma: a covered lens has less, a dim room that only a screen lights has 0.1
    dark_brightness: float = 0.04
    dim_brightness: float = 0.12  # in darker pictures the readers begin to miss faces
    # real clips that we blurred until we found nobody have 1.3 to 2.0, real empty rooms 70
    blurred_sharpness: float = 4.0
    # a picture that was so sharp just before did not become blurred slowly
    clear_sharpness: float = 10.0
    picture_lost_ms: int = 3_000  # cameras take up to two seconds to adapt to a change of light
    # we know `frozen` only after the picture stood still for so long (senses/quality)
    still_known_after_ms: int = 800
    picture_still_ms: int = 5_000  # cameras stall for a second or two and recover; people move

    # between two pictures: we want five a second, and every second one may be late
    seldom_ms: int = 400
    # a browser that starts, or a machine that is busy for a moment, recovers sooner
    slow_ms: int = 3_000

    # What a face must be like before its angles mean anything.
    # between the eyes' outer corners; in smaller faces the angles jump by more than 10°
    small_face_px: float = 16.0
    # faces that we blurred until their landmarks became wrong have 1.5 to 2.5
    blurred_face_sharpness: float = 2.0
    unclear_face_ms: int = 5_000  # a turn of the head is shorter

    no_face_ms: int = 3_000  # a person who bends down, sneezes or stretches is back sooner
    no_face_high_ms: int = 15_000  # long enough to leave the room and come back
    # two rows: a face that appears for so short a time is a mistake of the reader
    no_face_bridge_ms: int = 400

    several_faces_ms: int = 2_000  # we count faces once a second: two counts must agree
    several_faces_high_ms: int = 15_000  # the person stays, and does not just pass by
    several_faces_bridge_ms: int = 1_200  # one count that missed the second face

    # Where this person looks when they look at their screen. Before we know it, we say nothing
    # about head and eyes.
    neutral_deg: float = 20.0  # cameras stand at most so far beside or below the screen
    neutral_rows: int = 10  # two seconds are enough to begin with …
    neutral_rows_at_most: int = 25  # … and after five the person thinks, and looks around

    # a second screen stands farther aside; people who look around while they think stay within 20
    away_yaw_deg: float = 30.0
    away_down_deg: float = 20.0  # a person who looks further down reads the table or a phone
    away_up_deg: float = 25.0  # many people look up to think, but not so far
    away_ms: int = 3_000  # a glance or a nod is shorter
    away_medium_ms: int = 8_000  # long enough to read something
    away_bridge_ms: int = 600  # three rows: the head comes back for a moment

    # the eyes' angle at a gaze of 1: measured on heads that turn while the eyes stay on the camera
    eye_deg: float = 50.0
    # head and eyes together; people who read their own screen stay within 15
    sight_aside_deg: float = 20.0
    # of this person's own open eyes: behind lids that are nearly shut the model guesses the irises
    shut_share: float = 0.4
    sight_ms: int = 8_000  # a glance of a person who thinks is shorter
    sight_bridge_ms: int = 600  # a blink, or a short look back
    sight_after_ms: int = 10_000  # everybody looks around when a question begins

    silence_dbfs: float = -65.0  # in any open microphone, a room's noise or a whisper is louder
    nothing_dbfs: float = -85.0  # muted, unplugged, or silenced by the browser's noise filter
    # within a second a talking mouth's range is 0.11 and more, that of a resting one 0.05
    mouth_swing: float = 0.10
    mouth_window_ms: int = 1_000  # a few syllables
    mute_ms: int = 4_000  # a sentence; a yawn is shorter
    mute_bridge_ms: int = 1_000  # the breath between two sentences
    nothing_ms: int = 15_000  # noise filters silence a thinking pause, but hardly a longer one
    unheard_ms: int = 5_000  # a picture without any sound; a shorter one contains no answer
    # recorders begin their sound up to half a second after their picture
    sound_lost_ms: int = 1_000
    sound_lost_bridge_ms: int = 400  # two rows: sound that stutters is one loss

    # the voice detector's own middle; noise alone exceeds it in 3 of 1,000 steps
    speaks: float = 0.5
    # by the mouth's width: talking mouths have less only for moments, resting ones less than 0.05
    rest_open: float = 0.08
    rest_swing: float = 0.04  # the noise in our reading of a resting mouth is 0.01 to 0.03
    # of the rows a second before and after: the mouth of a person who talks may be unreadable for
    # a row or two
    rest_seen_share: float = 0.75
    voice_ms: int = 2_500  # humming, laughing and words without lips are shorter
    voice_bridge_ms: int = 800  # the breath of the other person

    page_hidden_ms: int = 1_000  # a person dismisses a notification in less
    page_hidden_medium_ms: int = 5_000  # long enough to read something
    focus_lost_ms: int = 3_000  # password managers and the browser's own menus take the focus, too
    recording_gap_ms: int = 500  # a word; shorter holes are jitter of the recorder
    recording_gap_medium_ms: int = 5_000  # the answer may have lost its meaning


RULES = Rules()
