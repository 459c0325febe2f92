"""The development plan as a Word document: from a template that HR edits, and back again.

`placeholders` says what a template may show, `starting_template` makes the one that ships, and
`checking` judges one that somebody hands in. `rendering` fills a template, `returned` reads what
people ticked and wrote in the document.
"""
