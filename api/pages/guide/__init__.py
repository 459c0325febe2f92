"""The first hour, and the guide for HR."""
