"""Names that are safe as files and folders. Apart from run folders, so that `nearmiss new` waits for no camera."""

import re


def safe_name(text: str) -> str:
    """Replace all but lower-case letters, digits and single dashes, so that no name can escape from its folder."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:60].strip("-") or "unnamed"
