"""Names and addresses as people all over the world have them, and some that try to be more."""

NAMES = {
    "apostrophe": "Seán O’Brien-Ñandú",
    "one word": "Sukarno",
    "Arabic": "محمد بن عبد الله",
    "Chinese": "王小明",
    "long": "Wolfeschlegelsteinhausenbergerdorff " * 3 + "the Younger!",
    "emoji": "Ana 🌻 Souza",
    "decomposed": "Zoe\u0308 Franc\u0327ois",
    "markup": "<b>Bold</b> & \"Quoted\" <script>alert('1')</script>",
    "braces": "{link} {name}",
    "percent": "100 %s %(name)s",
    "backwards": "abc\u202etxt.exe",
    "lines": "Eve\r\nBcc: all@example.org\n\nA paragraph",
}
ADDRESSES = ("anna+jobs@example.org", "jürgen@bücher.example", "用户@例子.example")
