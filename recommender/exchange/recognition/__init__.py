"""Recognising the files that people have: which sheet, which rows, what each column means.

A file is looked at before it is read. What was understood is a `Reading`; what could not be told
for sure is a `Question`, and a `Mapping` holds the answers. The rows come out as a table of one of
our own kinds, and go through the same checks as any other, with the places of the original file.
"""
