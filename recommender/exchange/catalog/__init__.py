"""The catalogue as a workbook that HR edits, and back."""
