"""The normal equations of a linear model: summed up over rows, and solved by blocks."""
