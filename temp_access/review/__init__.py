"""The review: who gains and loses access through a change of the templates and access.toml."""
