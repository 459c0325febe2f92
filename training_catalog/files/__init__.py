"""A catalogue as a folder of YAML: read, checked, kept compiled, written."""
