"""The use cases: the one place where core, store and registry meet; a folder per domain.

The command line, the API, the jobs and the notebooks call what stands here and nothing below it.
Every use case is a function of a `Session`, which says who asks, what is allowed, and whose rows
may be seen. `Service` is what an installation has open; it answers nothing itself.
"""
