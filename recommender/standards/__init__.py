"""Standard levels over time: item statistics, reasons to review, proposals and their effects."""
