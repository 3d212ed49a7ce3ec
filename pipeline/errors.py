"""What a user can put right; the message says what was found, where, and what would be right."""


class UserError(Exception):
    """Shown without a stack trace."""
