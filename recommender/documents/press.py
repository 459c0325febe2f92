"""Sets one document after another in a process of its own; `typesetting.typeset_each` starts it.

Started by its path: it loads typst and nothing of the project, and so begins at once. A line of
JSON on standard input is a document, what the template reads and the date of the file. What comes
out is eight bytes that say how long the PDF is, and the PDF.
"""

import datetime as dt
import json
import signal
import sys
from typing import Any

import typst


def read_fonts(folder: str) -> typst.Fonts:
    """Read the vendored fonts, and no others.

    With others at hand, typst would silently take whichever it finds, and the same plan would look
    different on another machine.
    """
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )


def main() -> None:
    """Set documents until the input ends, as it does when whoever started this has ended."""
    # where whoever started this was killed, nobody reads: end then, without a traceback
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    template, root, fonts, *given = sys.argv[1:]
    standards: Any = given
    compiler = typst.Compiler(input=template, root=root, font_paths=read_fonts(fonts))
    for line in sys.stdin.buffer:
        inputs, timestamp = json.loads(line)
        date = dt.datetime.fromisoformat(timestamp)
        made = compiler.compile(
            sys_inputs=inputs, format="pdf", timestamp=date, pdf_standards=standards
        )
        assert isinstance(made, bytes)
        sys.stdout.buffer.write(len(made).to_bytes(8) + made)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
