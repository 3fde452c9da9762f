"""The changes to ministack; only this package uses its private names, which change between versions."""
