"""What a change of templates and access.toml changes in who can reach what."""
