"""The standard levels of the grades: reviewed, proposed, simulated, approved by two, versioned."""
