"""What a user can put right; the message says what was found, where, and what would be right."""


class UserError(Exception):
    """Shown without a stack trace."""


def mistakes() -> tuple[type[Exception], ...]:
    """Everything that is a user's to put right, of the other folders, too. Imported late: some wait for torch."""
    from conditioning.log_tables import LogError
    from models.weights import WeightsError
    from pipeline.checks.baseline import BaselineError
    from scenarios.faults import Faults

    return UserError, Faults, WeightsError, BaselineError, LogError
