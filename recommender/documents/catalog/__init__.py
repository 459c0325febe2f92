"""Module sheets, the booklet and the picture of the coverage."""
