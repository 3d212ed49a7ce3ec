"""What must not be written down: keys, tokens, passwords and addresses that carry one."""

import json
import os
import re

HIDDEN = "[hidden]"
_TELLING = re.compile(r"SECRET|TOKEN|PASSW|CREDENTIAL|WEBHOOK|API_?KEY|ACCESS_?KEY|PRIVATE|CONNECTION_?(STRING|URL)")
_USERINFO = re.compile(r"(?<=://)[^/@\s\"']+@")
_SHORTEST = 6  # characters; hiding every "1" of a page helps nobody


def hide(text: str) -> str:
    """The text without the values of secret environment variables, plain or as JSON, nor users and passwords in URLs.

    A variable is secret by its name: AWS_SECRET_ACCESS_KEY, NEARMISS_WEBHOOK, SOME_TOKEN. `hide(hide(x)) == hide(x)`.
    """
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, HIDDEN).replace(json.dumps(secret)[1:-1], HIDDEN)
    return _USERINFO.sub(f"{HIDDEN}@", text)


def _secrets() -> set[str]:
    return {value for name, value in os.environ.items() if _TELLING.search(name.upper()) and len(value) >= _SHORTEST}
