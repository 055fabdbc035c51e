"""The REST API of agreements: parsing and shaping only; every change is an operation."""
