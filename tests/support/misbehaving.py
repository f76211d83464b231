"""A room whose browser or device misbehaves: scripts that make Chromium do so, and the way to its
first recording.
"""

from browsing import Candidate

TRACKS = (
    "document.querySelector('[data-camera]').srcObject.get%sTracks()[0].dispatchEvent(new"
    " Event('%s'))"
)


def begins(candidate: Candidate, script: str = "", *, analyse: bool = False) -> None:
    """In the room with a misbehaving browser, the first question's recording wanted."""
    candidate.page.add_init_script(script)
    candidate.consent(analyse=analyse)
    candidate.enter_room()
    candidate.press("Show the question")
    candidate.press("Start my answer now")


def asks_for(types: str) -> str:
    """A browser that records these types only."""
    return f"""
        const isSupported = MediaRecorder.isTypeSupported;
        MediaRecorder.isTypeSupported = (type) => {types}.test(type) && isSupported(type);
        window.asked = [];
        const Real = MediaRecorder;
        window.MediaRecorder = class extends Real {{
            constructor(stream, options) {{
                super(stream, options);
                window.asked.push(options.mimeType);
            }}
        }};
    """


DELIVERS_NOTHING = """
    Object.defineProperty(MediaRecorder.prototype, "ondataavailable", {
        set(take) { this.addEventListener("dataavailable", () => take({ data: new Blob([]) })); },
    });
"""
DELIVERS_A_HEAD_AT_ITS_END = """
    Object.defineProperty(MediaRecorder.prototype, "ondataavailable", {
        set(take) {
            const atItsEnd = ({ data }) =>
                this.state === "inactive" && take({ data: data.slice(0, 1219) });
            this.addEventListener("dataavailable", atItsEnd);
        },
    });
"""
NEVER_STARTS = """
    MediaRecorder.prototype.start = function () {};
"""
