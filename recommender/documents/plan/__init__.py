"""The development plan as PDF and as a page, with one radar for both."""
