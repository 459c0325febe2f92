"""The report on fairness and the model in force, for the works council and whoever asks."""
