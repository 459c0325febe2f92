"""The HTTP service over the use cases of `recommender.service`."""
