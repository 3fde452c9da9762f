"""What a formula can't be made of."""


class NotEncodableError(Exception):
    """Something in a policy has no formula here; a claim about it is unknown."""
