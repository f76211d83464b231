"""Every threshold with its reason. Knows only numbers; the modules beside this one compare them
with what was seen.
"""

from dataclasses import dataclass

RULES_VERSION = "2026-11-5"


@dataclass(frozen=True)
class Rules:
    """Angles in degrees, levels in dBFS, `_ms` in milliseconds, the rest in the telemetry
    contract's ratios.

    `off` names rules that raise nothing, as the flags name them, without the version:
    `{"looking_away"}`.
    """

    off: frozenset[str] = frozenset()

    # What a picture must be like before "no face in it" means anything.
    # the mean luma of a covered lens; a dim room lit by its screen has 0.1
    dark_brightness: float = 0.04
    dim_brightness: float = 0.12  # below it the readers begin to miss faces
    # real clips blurred until nobody is found have 1.3 to 2.0, real empty rooms 70
    blurred_sharpness: float = 4.0
    # what was at least so clear just before did not lose its sharpness slowly
    clear_sharpness: float = 10.0
    picture_lost_ms: int = 3_000  # cameras take up to two seconds to adapt to a change of light
    # `frozen` is only known once the picture stood still for so long (senses/quality)
    still_known_after_ms: int = 800
    picture_still_ms: int = 5_000  # cameras stall for a second or two and recover; people move

    # between two pictures: five a second are wanted, every other one may be late
    seldom_ms: int = 400
    # a browser that starts, or a machine that is busy for a moment, recovers sooner
    slow_ms: int = 3_000

    # What a face must be like before its angles mean anything.
    # between the eyes' outer corners; below it angles jump by more than 10°
    small_face_px: float = 16.0
    # faces blurred until their landmarks begin to slip have 1.5 to 2.5
    blurred_face_sharpness: float = 2.0
    unclear_face_ms: int = 5_000  # shorter ones are turns of the head

    no_face_ms: int = 3_000  # bending down, sneezing or stretching is over sooner
    no_face_high_ms: int = 15_000  # long enough to leave the room and come back
    # two rows: a face seen for so short a time is a slip of the reader
    no_face_bridge_ms: int = 400

    several_faces_ms: int = 2_000  # faces are counted once a second: two counts must agree
    several_faces_high_ms: int = 15_000  # stays, and does not just pass by
    several_faces_bridge_ms: int = 1_200  # one count that missed the second face

    # Where this person looks when they look at their screen: nothing is said of head and eyes
    # before it is known.
    neutral_deg: float = 20.0  # cameras stand beside or below the screen by so much, not more
    neutral_rows: int = 10  # two seconds are enough to begin with …
    neutral_rows_at_most: int = 25  # … and after five the person thinks, and looks about

    # a second screen stands farther aside; looking about while thinking stays within 20
    away_yaw_deg: float = 30.0
    away_down_deg: float = 20.0  # below it one reads the table or a phone
    away_up_deg: float = 25.0  # many look up to think, and stay below
    away_ms: int = 3_000  # a glance or a nod is shorter
    away_medium_ms: int = 8_000  # long enough to read something
    away_bridge_ms: int = 600  # three rows: the head comes back for a moment

    # of turning the eyes for a gaze of 1: heads that turn with the eyes kept on the camera say so
    eye_deg: float = 50.0
    # head and eyes together; reading one's own screen stays within 15
    sight_aside_deg: float = 20.0
    # of this person's own open eyes: irises are guessed behind lids that are nearly shut
    shut_share: float = 0.4
    sight_ms: int = 8_000  # thinking glances are shorter
    sight_bridge_ms: int = 600  # a blink, or a moment's look back
    sight_after_ms: int = 10_000  # everybody looks about when a question begins

    silence_dbfs: float = -65.0  # any open microphone hears more of a room, and of a whisper
    nothing_dbfs: float = -85.0  # muted, unplugged, or shut by the browser's noise filter
    # within a second a talking mouth swings by 0.11 and more, a resting one by 0.05
    mouth_swing: float = 0.10
    mouth_window_ms: int = 1_000  # a few syllables
    mute_ms: int = 4_000  # a sentence; a yawn is shorter
    mute_bridge_ms: int = 1_000  # the breath between two sentences
    nothing_ms: int = 15_000  # noise filters silence a thinking pause, but hardly a longer one
    unheard_ms: int = 5_000  # a picture without any sound; shorter ones hold no answer
    # recorders begin their sound up to half a second after their picture
    sound_lost_ms: int = 1_000
    sound_lost_bridge_ms: int = 400  # two rows: sound that stutters is one loss

    # the voice detector's own middle; noise alone passes it in 3 of 1,000 steps
    speaks: float = 0.5
    # of the mouth's width: talking mouths pass it only on the way, resting ones stay below 0.05
    rest_open: float = 0.08
    rest_swing: float = 0.04  # a resting mouth is read with a noise of 0.01 to 0.03
    # of the rows a second before and after: who talks may look unlike themselves for a row or two
    rest_seen_share: float = 0.75
    voice_ms: int = 2_500  # humming, laughing and words without lips are shorter
    voice_bridge_ms: int = 800  # the other's breath

    page_hidden_ms: int = 1_000  # a notification that is touched away takes less
    page_hidden_medium_ms: int = 5_000  # long enough to read something
    focus_lost_ms: int = 3_000  # password managers and the browser's own menus take the focus too
    recording_gap_ms: int = 500  # a word; shorter holes are jitter of the recorder
    recording_gap_medium_ms: int = 5_000  # an answer may have lost its sense


RULES = Rules()
