"""What a user can put right; the message says what was found, where, and what would be right."""


class UserError(Exception):
    """Shown without a stack trace."""


class OutOfSpace(UserError):
    """The disk is full: nothing that is made can be kept."""


class Stopped(Exception):
    """The operator ended a run before it was done (SIGTERM); the message says what is there and how to go on."""
