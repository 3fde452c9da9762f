"""The embedded AWS for development and tests: ministack on one loopback port, behind a layer of AWS rules."""
